import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { canary, send as sendTo, type SendOptions, type Sent, startThings } from './things-app.fixture.js';

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await startThings();
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json' };
const send = (method: string, url: string, options?: SendOptions): Promise<Sent> =>
  sendTo(app, method, url, options);
const post = (payload: string | Buffer, headers: object = json): Promise<Sent> =>
  send('POST', '/api/v1/things', { headers, payload });

describe('the body', () => {
  it.each([
    ['bad JSON', '{"name": hunter2}', /not valid JSON: .* at position 9 \(line 1, column 10\)/],
    ['half a document', '{"name":', /not valid JSON/],
    ['nothing', '', /empty/],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), /UTF-8/],
    ['deep nesting', '['.repeat(100_000), /deeper than 32/],
    ['deep objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, /deeper than 32/],
    ['__proto__', '{"name":"a","__proto__":{"x":1}}', /__proto__/],
    ['an escaped __proto__', '{"name":"a","__pr\\u006fto__":{"x":1}}', /__proto__/],
    ['constructor.prototype', '{"constructor":{"prototype":{"x":1}}}', /prototype/],
    ['a key twice', '{"name":"a","n\\u0061me":"b"}', /twice/],
    ['an array', '[]', /JSON object/],
    ['null', 'null', /JSON object/],
    ['a string', '"hunter2"', /JSON object/],
  ])('refuses %s', async (_what, payload, message) => {
    const answer = await post(payload);
    expect([answer.status, answer.code]).toEqual([400, 'BAD_REQUEST']);
    expect(answer.message).toMatch(message);
    expect(answer.body).not.toContain('hunter2');
  });

  it.each([
    ['NUL', '{"name":"a\\u0000b"}', 'name'],
    ['a lone surrogate', '{"name":"a","items":[{"key":"a"},{"key":"\\ud800"}]}', 'items[1].key'],
    ['a lone surrogate in a key', '{"\\udc00":1}', '\u{fffd}'],
  ])('refuses %s and names its place', async (_what, payload, path) => {
    const answer = await post(payload);
    expect(answer.status).toBe(400);
    expect(answer.details).toEqual([expect.objectContaining({ path, code: 'invalidText' })]);
  });

  it('is not misled by brackets and quotes inside a string', async () => {
    const note = `\\"${'['.repeat(40)}{"a":1,"a":2}\\`;
    expect((await post(JSON.stringify({ name: 'a', note }))).status).toBe(201);
  });

  it('takes a byte order mark, a charset of UTF-8 and a surrogate pair', async () => {
    expect((await post('\u{feff}{"name":"a"}')).status).toBe(201);
    expect(
      (await post('{"name":"\\ud83d\\ude00"}', { 'content-type': 'application/json; charset="UTF-8"' }))
        .status,
    ).toBe(201);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json; charset=latin1',
    'nonsense',
  ])('answers 415 to %s', async (type) => {
    const answer = await post('{"name":"a"}', { 'content-type': type });
    expect([answer.status, answer.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('answers 415 to a body without type, 400 to no body at all', async () => {
    expect(
      (await send('POST', '/v1/things', { payload: Buffer.from('{}'), headers: { 'content-type': '' } }))
        .status,
    ).toBe(415);
    expect((await send('POST', '/v1/things')).message).toMatch(/body is missing/);
  });

  it('answers 413 above 1 MiB, except where more is allowed', async () => {
    const large = `{"name":"a","note":"${'x'.repeat(1024 * 1024)}"}`;
    const refused = await post(large);
    expect(refused.code).toBe('PAYLOAD_TOO_LARGE');
    expect(refused.message).toMatch(/larger than this operation takes/);
    const imported = await send('POST', '/v1/things/t1/import', { headers: json, payload: large });
    expect(imported.status).toBe(201);
    const huge = `{"name":"a","note":"${'x'.repeat(8 * 1024 * 1024)}"}`;
    expect((await send('POST', '/v1/things/t1/import', { headers: json, payload: huge })).status).toBe(413);
  });
});

describe('fields and parameters', () => {
  it('names the allowed fields beside an unknown one, inherited ones too, never a value', async () => {
    const answer = await post(`{"name":"a","nmae":"${canary}"}`);
    expect(answer.details).toEqual([
      { path: 'nmae', code: 'unknownField', message: 'nmae is an unknown field; allowed: note, items, name' },
    ]);
    expect(answer.body).not.toContain(canary);
  });

  it('gives the path into nested items', async () => {
    const answer = await post(
      `{"name":"a","items":[{"key":"ok"},{"key":"${canary}"},{"key":"k","extra":1},{}]}`,
    );
    expect(answer.details?.map(({ path, code }) => [path, code])).toEqual([
      ['items[1].key', 'isLength'],
      ['items[2].extra', 'unknownField'],
      ['items[3].key', 'required'],
    ]);
    expect(answer.details?.[0]?.message).toMatch(/^items\[1\]\.key must be shorter/);
    expect(answer.body).not.toContain(canary);
  });

  it('tells of a missing field and a wrong type once', async () => {
    expect((await post('{}')).details).toEqual([
      { path: 'name', code: 'required', message: 'name is required' },
    ]);
    expect((await post('{"name":5}')).details?.map(({ code }) => code)).toContain('isString');
  });

  it.each(['constructor', 'prototype'])('refuses a field called %s, which Nest would drop', async (name) => {
    expect((await post(`{"name":"a","${name}":1}`)).code).toBe('BAD_REQUEST');
    expect((await post(`{"name":"a","items":[{"key":"k","${name}":1}]}`)).code).toBe('BAD_REQUEST');
  });

  it('bounds what it tells of a body full of nonsense', async () => {
    const fields = (length: number): string =>
      JSON.stringify(Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, 1])));
    expect((await post(fields(400))).details).toHaveLength(50);
    expect((await post(fields(501))).message).toMatch(/more than 500 keys/);
    const long = await post(JSON.stringify({ name: 'a', ['k'.repeat(100_000)]: 1 }));
    expect(long.body.length).toBeLessThan(2000);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['offset=10001', 'offset'],
    ['offset=1&skip=1', 'skip'],
    ['offset=0&cursor=abc', 'cursor'],
    ['cursor=abc', 'cursor'],
    ['sort=nmae', 'sort'],
    ['sort=name,-name', 'sort'],
    ['search=', 'search'],
    ['search=a%00b', 'search'],
    ['search=%ED%A0%80', ''],
    ['createdAfter=2025-02-30T00:00:00Z', 'createdAfter'],
    ['createdAfter=2025-02-03', 'createdAfter'],
    ['colour=red', 'colour'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
  ])('refuses ?%s', async (query, path) => {
    const answer = await send('GET', `/v1/things?${query}`);
    expect([answer.status, answer.details?.[0]?.path]).toEqual([400, path]);
  });

  it('knows nothing whose name has a NUL, which no database takes', async () => {
    const answer = await send('GET', '/v1/things/a%00b');
    expect([answer.status, answer.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('names the allowed parameters and sort fields', async () => {
    expect((await send('GET', '/v1/things?colour=red')).message).toMatch(
      /unknown parameter; allowed: limit, offset/,
    );
    expect((await send('GET', '/v1/things?sort=nmae')).message).toMatch(/cannot sort by nmae; allowed: name/);
    expect((await send('GET', '/v1/things/t/named?revael=1')).message).toMatch(/allowed: reveal/);
  });

  it('refuses a parameter given twice, also where no class would', async () => {
    expect((await send('GET', '/v1/things/t/named?reveal=1&reveal=2')).message).toMatch(/more than once/);
    expect((await send('GET', '/v1/things/t/named?reveal=1')).status).toBe(200);
  });

  it('takes a time whose plus the URL has turned into a space', async () => {
    expect((await send('GET', '/v1/things?createdAfter=2025-02-03T00:00:00+02:00')).status).toBe(200);
  });

  it('refuses a query or a body where none is declared', async () => {
    expect((await send('GET', '/v1/things/t1?x=1')).message).toMatch(/takes no query parameters/);
    const refused = await send('GET', '/v1/things/t1?x=1', { headers: { 'x-refuse': '1' } });
    expect(refused.status).toBe(401);
    const paused = (payload: string): Promise<Sent> =>
      send('POST', '/v1/things/t1/pause', { headers: json, payload });
    expect((await paused('{"x":1}')).message).toMatch(/takes no body/);
    expect((await paused('{}')).status).toBe(200);
    expect((await send('POST', '/v1/things/t1/pause')).status).toBe(200);
  });
});
