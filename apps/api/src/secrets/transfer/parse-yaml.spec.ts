import { detailsOf } from './fixtures/refusal.js';
import { parseTransfer } from './parse-transfer.js';

function pairs(content: string): [string, string][] {
  return parseTransfer('yaml', content).map(({ key, value }) => [key, value]);
}

describe('a YAML import', () => {
  it.each<[string, string, [string, string][]]>([
    ['nothing', '', []],
    ['comments only', '# a\n\n', []],
    ['an empty document', '---\n...\n', []],
    ['an empty mapping', '{}\n', []],
    ['a byte order mark', '\ufeffA: 1', [['A', '1']]],
    [
      'Windows line ends',
      'A: x\r\nB: |\r\n  y\r\n  z\r\n',
      [
        ['A', 'x'],
        ['B', 'y\nz\n'],
      ],
    ],
    [
      'file order',
      'b: 1\n7: 2\n__proto__: 3\n1: 4\n',
      [
        ['b', '1'],
        ['7', '2'],
        ['__proto__', '3'],
        ['1', '4'],
      ],
    ],
    [
      'scalars as written',
      'a: 8080\nb: 1.0\nc: true\nd: 0x1F\ne: 2026-01-01\nf: .inf\ng: yes\n',
      [
        ['a', '8080'],
        ['b', '1.0'],
        ['c', 'true'],
        ['d', '0x1F'],
        ['e', '2026-01-01'],
        ['f', '.inf'],
        ['g', 'yes'],
      ],
    ],
    [
      'quotes',
      'a: "x\\ny\\u00e9\\x41"\nb: \'it\'\'s\'\n"c d": ""\n',
      [
        ['a', 'x\nyéA'],
        ['b', "it's"],
        ['c d', ''],
      ],
    ],
    [
      'block scalars',
      'a: |-\n  x\n   y\nb: >\n  p\n  q\n',
      [
        ['a', 'x\n y'],
        ['b', 'p q\n'],
      ],
    ],
    [
      'a flow mapping',
      '{"a": "1", b: 2, "c":3}',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', '3'],
      ],
    ],
    [
      'explicit keys',
      '? a\n: 1\n? "b"\n: 2\n',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'aliases of scalars',
      'a: &x 1\nb: *x\nc: &x 2\nd: *x\n',
      [
        ['a', '1'],
        ['b', '1'],
        ['c', '2'],
        ['d', '2'],
      ],
    ],
    [
      'string tags',
      'a: !!str 1\nb: !!str\nc: ! null\n',
      [
        ['a', '1'],
        ['b', ''],
        ['c', 'null'],
      ],
    ],
    [
      'quoted names of other things',
      '"<<": 1\n"~": 2\nnull: 3\n',
      [
        ['<<', '1'],
        ['~', '2'],
        ['null', '3'],
      ],
    ],
    ['comments behind values', 'a: x#y # z\n', [['a', 'x#y']]],
  ])('reads %s', (_, content, expected) => {
    expect(pairs(content)).toEqual(expected);
  });

  it.each<[string, string, [string, string][]]>([
    [
      'null',
      'a:\nb: ~\nc: null\n? d\ne: ""\n',
      [
        ['a', 'NULL_VALUE'],
        ['b', 'NULL_VALUE'],
        ['c', 'NULL_VALUE'],
        ['d', 'NULL_VALUE'],
      ],
    ],
    [
      'nested values',
      'a: [1]\nb:\n  c: 1\nd:\n  - 1\ne: {}\n',
      [
        ['a', 'NESTED_VALUE'],
        ['b', 'NESTED_VALUE'],
        ['d', 'NESTED_VALUE'],
        ['e', 'NESTED_VALUE'],
      ],
    ],
    ['duplicates', 'a: 1\n"a": 2\nb: 1\n', [['a', 'DUPLICATE_KEY']]],
    ['merge keys', 'a: 1\n<<: x\n', [['content', 'MERGE_KEY']]],
    ['aliases of nothing', 'a: *x\nb: &x 1\n', [['a', 'UNKNOWN_ALIAS']]],
    ['an alias of the mapping', '&r\na: *r\n', [['a', 'UNKNOWN_ALIAS']]],
    [
      'tags',
      'a: !!binary aGk=\nb: !x y\nc: !!int 1\n',
      [
        ['a', 'UNSUPPORTED_TAG'],
        ['b', 'UNSUPPORTED_TAG'],
        ['c', 'UNSUPPORTED_TAG'],
      ],
    ],
    ['keys that are no scalars', '[a]: 1\n', [['content', 'INVALID_KEY']]],
    ['an empty key', ': 1\n', [['content', 'INVALID_KEY']]],
    [
      'NUL and half surrogates',
      'a: "\\0"\nb: "\\ud800"\n',
      [
        ['a', 'INVALID_VALUE'],
        ['b', 'INVALID_VALUE'],
      ],
    ],
  ])('refuses %s by name', (_, content, expected) => {
    expect(detailsOf('yaml', content).map(([path, code]) => [path, code])).toEqual(expected);
  });

  it.each([
    ['a sequence', '\n- a\n', 2],
    ['a scalar', 'a\n', 1],
    ['two documents', 'a: 1\n---\nb: 2\n', 2],
    ['an unclosed quote', 'a: 1\nb: "x\ny', 3],
    ['bad indentation', '  a: 1\n b: 2\n', 2],
    ['a control character', 'a: 1\nb: \u0001\n', 2],
    ['no mapping', 'a: 1\nb\n', 2],
  ])('refuses %s and says where', (_, content, line) => {
    expect(detailsOf('yaml', content)).toEqual([
      ['content', 'SYNTAX_ERROR', expect.stringMatching(`^Line ${line}: `)],
    ]);
  });

  it.each([
    ['deep sequences', `a: ${'['.repeat(100_000)}`],
    ['deep mappings', '{a: '.repeat(50_000)],
    ['deep blocks', `a: ${'- '.repeat(100_000)}`],
    ['a billion laughs', 'a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n'],
    [
      'an alias that multiplies',
      `a: &a "${'x'.repeat(65_536)}"\n${Array.from({ length: 200 }, (_, n) => `k${n}: *a\n`).join('')}`,
    ],
    ['too many entries', Array.from({ length: 10_001 }, (_, n) => `k${n}: 1\n`).join('')],
    ['very many tokens', '[],'.repeat(300_000)],
  ])('refuses %s', (_, content) => {
    expect(detailsOf('yaml', content)).not.toEqual([]);
  });
});
