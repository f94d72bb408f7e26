import dotenv from 'dotenv';
import { scanDotenv } from './dotenv-source.js';
import { detailsOf } from './fixtures/refusal.js';
import { nastyDotenv } from './fixtures/nasty-strings.js';
import { Random } from './fixtures/random.js';
import { realisticDotenv } from './fixtures/realistic-dotenv.js';
import { parseTransfer } from './parse-transfer.js';

function pairs(content: string): [string, string][] {
  return parseTransfer('dotenv', content).map(({ key, value }) => [key, value]);
}

describe('a dotenv import', () => {
  it.each<[string, string, [string, string][]]>([
    ['nothing', '', []],
    ['comments and blank lines', '# a\n\n  # b="x\n \t\n', []],
    ['a byte order mark', '\ufeffA=1', [['A', '1']]],
    [
      'Windows line ends',
      'A=1\r\nB="x\r\ny"\r\n',
      [
        ['A', '1'],
        ['B', 'x\ny'],
      ],
    ],
    [
      'old Mac line ends',
      'A=1\rB=2',
      [
        ['A', '1'],
        ['B', '2'],
      ],
    ],
    [
      'export prefixes',
      'export A=1\nexport=2\nexport export=3\nexport\tB=4',
      [
        ['A', '1'],
        ['export', '3'],
        ['B', '4'],
      ],
    ],
    [
      'colons',
      'A: 1\nB: "x"',
      [
        ['A', '1'],
        ['B', 'x'],
      ],
    ],
    [
      'comments behind values',
      "A=1 # x\nB=\"#\"# y\nC=#z\nD='a' # it's",
      [
        ['A', '1'],
        ['B', '#'],
        ['C', ''],
        ['D', 'a'],
      ],
    ],
    [
      'empty values',
      'A=\nB=""\nC=\'\'\nD=``',
      [
        ['A', ''],
        ['B', ''],
        ['C', ''],
        ['D', ''],
      ],
    ],
    [
      'escapes in double quotes only',
      'A="x\\ny"\nB=\'x\\ny\'\nC=x\\ny',
      [
        ['A', 'x\ny'],
        ['B', 'x\\ny'],
        ['C', 'x\\ny'],
      ],
    ],
    [
      'a quote within',
      "A=\"x\"y\"\nB=it's\nC='it\\'s'",
      [
        ['A', 'x"y'],
        ['B', "it's"],
        ['C', "it\\'s"],
      ],
    ],
    [
      'an unclosed quote',
      'A="x\nB=2',
      [
        ['A', '"x'],
        ['B', '2'],
      ],
    ],
    [
      'a value on the next line',
      'A=\n"x"\nB=2',
      [
        ['A', 'x'],
        ['B', '2'],
      ],
    ],
    [
      'a line that only looks like a key in a value',
      'A="x\nB=2\ny"\nC=3',
      [
        ['A', 'x\nB=2\ny'],
        ['C', '3'],
      ],
    ],
    [
      'duplicates: the last value at the first place',
      'A=1\nB=2\nA=3',
      [
        ['A', '3'],
        ['B', '2'],
      ],
    ],
    [
      'names that objects move or lose',
      'B=1\n7=2\n__proto__=3\n1=4\nconstructor=5',
      [
        ['B', '1'],
        ['7', '2'],
        ['__proto__', '3'],
        ['1', '4'],
        ['constructor', '5'],
      ],
    ],
  ])('reads %s', (_, content, expected) => {
    expect(pairs(content)).toEqual(expected);
  });

  it('names the lines that dotenv would skip', () => {
    const content = 'A=1\r\nsecret without a key\r\n\r\nB="x\r\ny"\r\nÜBER=2\r\n=3\r\nC';
    expect(detailsOf('dotenv', content)).toEqual([
      ['content', 'STRAY_LINE', 'Line 2: This is neither KEY=value nor a comment.'],
      ['content', 'STRAY_LINE', 'Line 6: This is neither KEY=value nor a comment.'],
      ['content', 'STRAY_LINE', 'Line 7: This is neither KEY=value nor a comment.'],
      ['content', 'STRAY_LINE', 'Line 8: This is neither KEY=value nor a comment.'],
    ]);
  });

  it.each([
    ['a NUL', 'A=x\0y', [['A', 'INVALID_VALUE']]],
    ['half of a surrogate pair', 'A=x\ud800', [['A', 'INVALID_VALUE']]],
    ['a quote behind a line separator', 'A=x\u2028"y"', [['A', 'AMBIGUOUS_VALUE']]],
    ['a long value', `A=1\nB=${'é'.repeat(32_769)}`, [['B', 'VALUE_TOO_LONG']]],
    ['a very long value', `A="${'x'.repeat(1_000_000)}"`, [['A', 'VALUE_TOO_LONG']]],
    ['a long key', `${'A'.repeat(256)}=1`, [['content', 'INVALID_KEY']]],
  ])('refuses %s', (_, content, expected) => {
    expect(detailsOf('dotenv', content).map(([path, code]) => [path, code])).toEqual(expected);
  });

  it('finds in any document the keys and values that dotenv finds', () => {
    const random = new Random(1);
    for (let round = 0; round < 4000; round += 1) {
      const content = nastyDotenv(random);
      const found: Record<string, string> = {};
      scanDotenv(content.replace(/\r\n?/g, '\n'), {
        assignment: ({ key, source }) => (found[key] = dotenv.parse(`V=${source}`)['V'] ?? 'lost'),
        strayLine: () => undefined,
      });
      expect([content, found]).toEqual([content, dotenv.parse(content)]);
    }
  });

  it('reads a real file of 500 lines', () => {
    const { content, entries } = realisticDotenv();
    expect(content.split('\n').length).toBeGreaterThanOrEqual(500);
    expect(parseTransfer('dotenv', content)).toEqual(entries);
    expect(dotenv.parse(content)).toEqual(Object.fromEntries(entries.map(({ key, value }) => [key, value])));
  });

  it.each([
    ['blank lines', '\n'.repeat(250_000) + '!'],
    ['unclosed quotes', 'A="\\"x\n'.repeat(35_000)],
    ['three kinds of unclosed quotes', 'A="\\"x\nA=\'\\\'x\nA=`\\`x\n'.repeat(10_000)],
    ['spaces after a key', `A${' \n'.repeat(120_000)}`],
    ['line separators with quotes', `A=x${"\u2028'a".repeat(40_000)}`],
    ['one long word', 'A'.repeat(250_000)],
    ['equal signs', '='.repeat(250_000)],
  ])('needs no quadratic time for %s', (_, content) => {
    expect(['STRAY_LINE', 'AMBIGUOUS_VALUE', 'VALUE_TOO_LONG', undefined]).toContain(
      detailsOf('dotenv', content)[0]?.[1],
    );
  });
});
