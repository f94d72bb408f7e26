import { detailsOf } from './fixtures/refusal.js';
import { parseTransfer } from './parse-transfer.js';
import { TransferError } from './transfer-error.js';

const FORMATS = ['dotenv', 'json', 'yaml'] as const;

/** A document of `count` entries, each value of `length` characters. */
function document(format: (typeof FORMATS)[number], count: number, length: number): string {
  const pairs = Array.from({ length: count }, (_, n) => `"k${n}": "${'x'.repeat(length)}"`);
  return format === 'dotenv'
    ? pairs.map((pair) => pair.replace(/^"(\w+)": /, '$1=')).join('\n')
    : `{${pairs.join(',\n')}}`;
}

describe.each(FORMATS)('an import of %s', (format) => {
  it('takes 10,000 secrets and no more', () => {
    expect(parseTransfer(format, document(format, 10_000, 1))).toHaveLength(10_000);
    expect(detailsOf(format, document(format, 10_001, 1)).map(([, code]) => code)).toEqual([
      'TOO_MANY_ENTRIES',
    ]);
  });

  it('takes values of 64 KiB and no longer', () => {
    expect(parseTransfer(format, document(format, 2, 65_536))).toHaveLength(2);
    expect(detailsOf(format, document(format, 2, 65_537)).map(([path]) => path)).toEqual(['k0', 'k1']);
  });

  it('takes 8 MiB and no more', () => {
    expect(detailsOf(format, document(format, 127, 65_530))).toEqual([]);
    expect(detailsOf(format, document(format, 129, 65_530)).map(([, code]) => code)).toEqual([
      'CONTENT_TOO_LARGE',
    ]);
  });

  it('names at most 100 findings and counts the rest', () => {
    const crowded = detailsOf(
      format,
      document(format, 250, 0).replaceAll('""', format === 'dotenv' ? '\0' : '"\\u0000"'),
    );
    expect(crowded).toHaveLength(101);
    expect(crowded[100]).toEqual(['content', 'MORE_FINDINGS', 'And 150 more findings.']);
  });

  it('never tells a value', () => {
    const canary = 'cAnArY-5e1f';
    const broken = [
      canary,
      `"${canary}`,
      `{"a": "${canary}\\ud800", "a": ["${canary}"], ${canary}`,
      `a: ${canary}\n\tb: [${canary}`,
      `a: *${canary}\nb: !${canary} x`,
      `a: ${canary}\0\n`,
    ];
    for (const content of broken) {
      const error = thrownBy(() => parseTransfer(format, `${content}\n!\n`));
      expect(error).toBeInstanceOf(TransferError);
      expect(JSON.stringify([error, error.message, error.cause, error.stack])).not.toContain(canary);
    }
  });
});

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
