import { parseJsonBody } from './json-body.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

describe('parseJsonBody', () => {
  it('reads any JSON value', () => {
    expect(parse('[{"a":{"a":1}},"\\u00e9\\ud83d\\ude00",null,1e3]')).toEqual([
      { a: { a: 1 } },
      'é😀',
      null,
      1000,
    ]);
    expect(parse('{"a":[{"k":1},{"k":2}],"b":{"a":1}}')).toEqual({ a: [{ k: 1 }, { k: 2 }], b: { a: 1 } });
  });

  it.each([
    ['{"a":[{"b":1e400}]}', 'a[0].b is too large'],
    ['-1E+309', 'the number is too large'],
    [`${'9'.repeat(300)}e9`, 'the number'],
  ])('refuses %s, which would be kept as null', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('takes the largest number, and digits in a text', () => {
    expect(parse('[1.7976931348623157e308,0e999,1e-400]')).toEqual([Number.MAX_VALUE, 0, 0]);
    expect(parse('{"a":"1e400"}')).toEqual({ a: '1e400' });
  });

  it('takes 32 levels and 500 keys, and not one more', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parse(nested(32))).not.toThrow();
    expect(() => parse(nested(33))).toThrow('deeper than 32');
    const keyed = (keys: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])));
    expect(() => parse(keyed(500))).not.toThrow();
    expect(() => parse(keyed(501))).toThrow('more than 500 keys');
  });

  it.each(['{"__proto__":{}}', '{"a":[{"\\u005f_proto__":1}]}', '{"constructor":{"prototype":1}}'])(
    'refuses %s',
    (text) => {
      expect(() => parse(text)).toThrow('names __proto__ or constructor.prototype');
    },
  );

  it.each([
    '{"a":hunter2}',
    '{"hunter2"}',
    '"hunter2',
    '{"a":1} hunter2',
    '// hunter2',
    "{'hunter2':1}",
    '{"a":1,}',
  ])('tells the place of the fault in %s, and never quotes', (text) => {
    const refused = expect(() => parse(text));
    refused.toThrow(/^The body is not valid JSON: [a-z ]+ at position \d+ \(line 1, column \d+\)\.$/);
    refused.not.toThrow(/hunter2/);
  });
});
