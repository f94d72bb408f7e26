import { Random } from './fixtures/random.js';
import { detailsOf } from './fixtures/refusal.js';
import { parseTransfer } from './parse-transfer.js';

function pairs(content: string): [string, string][] {
  return parseTransfer('json', content).map(({ key, value }) => [key, value]);
}

describe('a JSON import', () => {
  it.each<[string, string, [string, string][]]>([
    ['an empty object', ' {\r\n} ', []],
    ['a byte order mark', '\ufeff{"A":"1"}', [['A', '1']]],
    [
      'file order',
      '{"b":"1","7":"2","__proto__":"3","1":"4"}',
      [
        ['b', '1'],
        ['7', '2'],
        ['__proto__', '3'],
        ['1', '4'],
      ],
    ],
    [
      'numbers and booleans as written',
      '{"a":1.0,"b":-0,"c":1E+400,"d":12345678901234567890,"e":true,"f":false}',
      [
        ['a', '1.0'],
        ['b', '-0'],
        ['c', '1E+400'],
        ['d', '12345678901234567890'],
        ['e', 'true'],
        ['f', 'false'],
      ],
    ],
    ['escapes', '{"\\u0061":"\\ud83d\\ude00\\n\\"\\/"}', [['a', '😀\n"/']]],
    ['an empty value', '{"a":""}', [['a', '']]],
  ])('reads %s', (_, content, expected) => {
    expect(pairs(content)).toEqual(expected);
  });

  it('names every key that has no usable value', () => {
    const content =
      '{"a":null,\n"b":[1,{"x":2}],\n"c":{},"ok":"1","d":"\\ud800","e":"\\u0000","ok":"2","":"3","\\udc00":"4"}';
    expect(detailsOf('json', content).map(([path, code]) => [path, code])).toEqual([
      ['a', 'NULL_VALUE'],
      ['b', 'NESTED_VALUE'],
      ['c', 'NESTED_VALUE'],
      ['d', 'INVALID_VALUE'],
      ['e', 'INVALID_VALUE'],
      ['ok', 'DUPLICATE_KEY'],
      ['content', 'INVALID_KEY'],
      ['content', 'INVALID_KEY'],
    ]);
  });

  it.each([
    ['nothing', '', 1],
    ['an array', '[]', 1],
    ['a comment', '{\n// x\n"a":"1"}', 2],
    ['a trailing comma', '{"a":"1",\n}', 2],
    ['a missing comma', '{"a":"1"\n"b":"2"}', 2],
    ['text behind', '{}\n\nx', 3],
    ['single quotes', "{'a':'1'}", 1],
    ['a broken string', '{"a":"1\n"}', 1],
    ['a broken escape', '{"a":"\\x41"}', 1],
    ['a raw control character', '{"a":"\t"}', 1],
    ['a leading zero', '{"a":01}', 1],
    ['a missing value', '{"a":}', 1],
    ['an unclosed array', '{"a":[1', 1],
  ])('refuses %s and says where', (_, content, line) => {
    expect(detailsOf('json', content)).toEqual([
      ['content', 'SYNTAX_ERROR', expect.stringMatching(`^Line ${line}: `)],
    ]);
  });

  it('accepts exactly what JSON.parse accepts, of flat objects', () => {
    const random = new Random(2);
    let accepted = 0;
    for (let round = 0; round < 4000; round += 1) {
      const content = mutated(random, '{"a":"x\\n", "b" : 10.5e3,"c":true,\n"d":"\\u00e9"}');
      const expected = flatObject(content);
      if (expected === undefined) continue;
      accepted += expected.length;
      const found = detailsOf('json', content).length > 0 ? [] : pairs(content);
      expect([content, found]).toEqual([content, expected]);
    }
    expect(accepted).toBeGreaterThan(200);
  });

  it.each([
    ['deep arrays', `{"a":${'['.repeat(100_000)}`],
    ['deep objects', `{"a":${'{"a":'.repeat(50_000)}`],
    ['a million numbers', `{"a":[${'0,'.repeat(1_000_000)}0]}`],
  ])('refuses %s', (_, content) => {
    expect(['SYNTAX_ERROR', 'NESTED_VALUE']).toContain(detailsOf('json', content)[0]?.[1]);
  });
});

function mutated(random: Random, text: string): string {
  let result = text;
  for (let left = random.below(3); left > 0; left -= 1) {
    const at = random.below(result.length);
    const piece = random.pick(['', '"', '\\', ',', ':', '0', ' ', '-', '.', 'e', '\n', 'x', '\u0001', 'é']);
    result = result.slice(0, at) + piece + result.slice(at + random.below(2));
  }
  return result;
}

/**
 * The pairs that JSON.parse sees, `[]` for what it refuses; undefined where this import is meant to differ, or where
 * the pairs cannot be told from it (duplicates, the text of numbers).
 */
function flatObject(content: string): [string, string][] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'string' || typeof value === 'object' ? value : context?.source,
    );
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const entries = Object.entries(parsed);
  const isPlain = entries.every(([key, value]) => /^[a-z]$/.test(key) && typeof value === 'string');
  return isPlain && entries.length === 4 ? entries : undefined;
}
