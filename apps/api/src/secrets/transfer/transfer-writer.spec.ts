import dotenv from 'dotenv';
import { parse as parseYamlDocument } from 'yaml';
import { nastyEntries } from './fixtures/nasty-strings.js';
import { Random } from './fixtures/random.js';
import { realisticDotenv } from './fixtures/realistic-dotenv.js';
import { parseTransfer } from './parse-transfer.js';
import { type TransferEntry, type TransferFormat } from './transfer-entry.js';
import { inexpressibleKeys, TransferWriter } from './transfer-writer.js';

function written(format: TransferFormat, entries: TransferEntry[]): string {
  const writer = new TransferWriter(format);
  return writer.begin() + entries.map((entry, index) => writer.entry(entry, index)).join('') + writer.end();
}

function expressible(format: TransferFormat, entries: TransferEntry[]): TransferEntry[] {
  const lost = new Set(inexpressibleKeys(format, entries));
  return entries.filter(({ key }) => !lost.has(key));
}

const FORMATS = ['dotenv', 'json', 'yaml'] as const;

describe('an export', () => {
  it.each(FORMATS)('of nasty secrets in %s comes back exactly and in order', (format) => {
    const random = new Random(3);
    let kept = 0;
    for (let round = 0; round < 2000; round += 1) {
      const entries = expressible(format, nastyEntries(random));
      kept += entries.length;
      const content = written(format, entries);
      expect([content, parseTransfer(format, content)]).toEqual([content, entries]);
    }
    expect(kept).toBeGreaterThan(2000);
  });

  it('is read alike by dotenv, JSON.parse and yaml themselves', () => {
    const random = new Random(4);
    for (let round = 0; round < 1000; round += 1) {
      const entries = nastyEntries(random).filter(({ key }) => key !== '__proto__');
      const lines = expressible('dotenv', entries);
      expect(dotenv.parse(written('dotenv', lines))).toEqual(asObject(lines));
      expect(JSON.parse(written('json', entries))).toEqual(asObject(entries));
      expect(parseYamlDocument(written('yaml', entries))).toEqual(asObject(entries));
    }
  });

  it.each(FORMATS)('of an empty vault in %s is a document without entries', (format) => {
    expect(parseTransfer(format, written(format, []))).toEqual([]);
  });

  it.each(FORMATS)('of a real file in %s comes back', (format) => {
    const { entries } = realisticDotenv();
    expect(inexpressibleKeys(format, entries)).toEqual([]);
    expect(parseTransfer(format, written(format, entries))).toEqual(entries);
  });

  it.each(FORMATS)('in %s has a media type and a file extension', (format) => {
    const { contentType, fileExtension } = new TransferWriter(format);
    expect([contentType, fileExtension]).toEqual(
      {
        dotenv: ['text/plain; charset=utf-8', 'env'],
        json: ['application/json', 'json'],
        yaml: ['application/yaml', 'yaml'],
      }[format],
    );
  });

  it.each([
    ['nothing', '', 'A='],
    ['a plain value', 'postgres://a:b@c/d?e=f', 'A=postgres://a:b@c/d?e=f'],
    ['a quote within', `it's "so"`, `A=it's "so"`],
    ['spaces at the end', 'a ', "A='a '"],
    ['a comment mark', 'a#b', "A='a#b'"],
    ['a comment mark and a quote', "it's #1", 'A="it\'s #1"'],
    ['three characters of trouble', `it's "#1"`, 'A=`it\'s "#1"`'],
    ['lines', 'a\nb\n', "A='a\nb\n'"],
    ['lines and a quote', "it's\nb", 'A="it\'s\\nb"'],
    ['a carriage return', 'a\r\nb', 'A="a\\r\\nb"'],
    ['a backslash at the end', 'C:\\', 'A=C:\\'],
    ['a backslash at the end and a comment mark', 'C:\\#\\', "A='C:\\#\\' # '."],
    ['every quote', ` '"\``, "A=' '\"`'"],
  ])('to dotenv writes %s in the simplest way', (_, value, line) => {
    const entry = { key: 'A', value };
    expect(written('dotenv', [entry])).toBe(`${line}\n`);
    expect(parseTransfer('dotenv', `${line}\nB='x'`)[0]).toEqual(entry);
  });

  it('to YAML escapes what YAML does not call printable, and asks for long keys explicitly', () => {
    const value = '"\\\n\t\u007f\u0085\u2028\ufeff\uffff😀 ';
    expect(written('yaml', [{ key: '- b', value }])).toBe(
      '"- b": "\\"\\\\\\n\\t\\u007f\\u0085\\u2028\\ufeff\\uffff😀 "\n',
    );
    const key = '\ufffe'.repeat(255);
    expect(written('yaml', [{ key, value: 'x' }])).toBe(`? "${'\\ufffe'.repeat(255)}"\n: "x"\n`);
  });

  it('to dotenv names what dotenv cannot say', () => {
    const entries = [
      { key: 'A', value: '1' },
      { key: 'NO_QUOTE_LEFT', value: `' " \` #` },
      { key: 'BOTH_MEANINGS', value: '\r\\n' },
      { key: 'with space', value: '1' },
      { key: '__proto__', value: '1' },
      { key: '123', value: '1' },
    ];
    expect(inexpressibleKeys('dotenv', entries)).toEqual([
      'NO_QUOTE_LEFT',
      'BOTH_MEANINGS',
      'with space',
      '__proto__',
    ]);
    expect(inexpressibleKeys('json', entries)).toEqual([]);
    expect(inexpressibleKeys('yaml', entries)).toEqual([]);
    expect(() => written('dotenv', entries)).toThrow('inexpressibleKeys must be asked');
  });
});

function asObject(entries: TransferEntry[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}
