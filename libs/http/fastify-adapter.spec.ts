import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import {
  canary,
  logLines,
  send as sendTo,
  type SendOptions,
  type Sent,
  startThings,
} from './things-app.fixture.js';

let app: NestFastifyApplication;
beforeAll(async () => {
  app = await startThings();
  await app.listen(0, '127.0.0.1');
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json' };
const send = (method: string, url: string, options?: SendOptions): Promise<Sent> =>
  sendTo(app, method, url, options);
describe('success', () => {
  it('wraps data and gives the place of what was created, as the client wrote the path', async () => {
    const answer = await send('POST', '/v1/things?', { headers: json, payload: '{"name":"a"}' });
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toBe('/v1/things/thg_1');
    expect(JSON.parse(answer.body)).toEqual({ data: { id: 'thg_1', name: 'a' } });
  });

  it('puts security headers and a request id on every answer, which clients cannot choose', async () => {
    const { headers } = await send('GET', '/api/v1/things/t1', { headers: { 'x-request-id': 'mine' } });
    expect(headers['x-request-id']).toMatch(/^req_/);
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['etag']).toBe('"t1.3"');
    expect(headers['x-extra']).toBe('1');
  });

  it('leaves bare results alone and nothing as nothing', async () => {
    expect((await send('GET', '/api/v1/things/t1/bare')).body).toBe('[1,2]');
    const file = await send('GET', '/v1/things/t1/file');
    expect([file.body, file.headers['content-type'], file.headers['etag']]).toEqual([
      'A=1',
      'text/plain',
      '"f.1"',
    ]);
    const removed = await send('DELETE', '/api/v1/things/t1', {
      headers: { ...json, 'content-length': '0' },
    });
    expect([removed.status, removed.body]).toEqual([204, '']);
  });

  it('honours If-Match', async () => {
    const remove = (tag: string): Promise<Sent> =>
      send('DELETE', '/v1/things/t1', { headers: { 'if-match': tag } });
    expect((await remove('"t1.2"')).status).toBe(412);
    expect((await remove('"t1.2", "t1.3"')).status).toBe(204);
    expect((await remove('t1.3')).status).toBe(400);
  });

  it('walks a list by the Link header', async () => {
    const names: string[] = [];
    let url: string | undefined = '/v1/things?limit=2&offset=0';
    while (url) {
      const answer: Sent = await send('GET', url);
      const { data, pagination } = JSON.parse(answer.body) as {
        data: { name: string }[];
        pagination: object;
      };
      expect(pagination).toMatchObject({ total: 5, limit: 2, offset: 0 });
      expect(pagination).not.toHaveProperty('totalIsCapped');
      names.push(...data.map(({ name }) => name));
      url = /^<(\/v1\/things\?[^>]*)>; rel="next"$/.exec(String(answer.headers['link']))?.[1];
    }
    expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  });
});

describe('the router', () => {
  it('answers 404 for an unknown path, before its body is read', async () => {
    const answer = await send('POST', '/api/v1/nothing', { headers: json, payload: '{broken' });
    expect([answer.status, answer.code]).toEqual([404, 'NOT_FOUND']);
    expect((await send('GET', '/api/v1/things//bare')).code).toBe('NOT_FOUND');
  });

  it('answers 405 with Allow for another method, and OPTIONS with 204', async () => {
    const answer = await send('PUT', '/v1/things/t1');
    expect([answer.status, answer.code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(answer.headers['allow']).toBe('DELETE, GET, HEAD, OPTIONS');
    const options = await send('OPTIONS', '/v1/things');
    expect([options.status, options.headers['allow']]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect((await send('HEAD', '/v1/things')).status).toBe(200);
  });

  it('answers 400 for a broken URL and an over-long part', async () => {
    expect((await send('GET', '/api/v1/things/%zz')).code).toBe('BAD_REQUEST');
    expect((await send('GET', `/api/v1/things/${'a'.repeat(201)}`)).code).toBe('BAD_REQUEST');
  });

  it('answers only to its own host names', async () => {
    const under = async (host: string, url = '/v1/things'): Promise<number> =>
      (await send('GET', url, { headers: { host } })).status;
    expect(await under('evil.example')).toBe(400);
    expect(await under('vault.example.com.evil')).toBe(400);
    expect(await under('a b')).toBe(400);
    expect(await under('VAULT.example.com:8443')).toBe(200);
    expect(await under('[::1]:3000')).toBe(200);
    expect(await under('10.0.0.7:3000', '/health/live')).toBe(200);
    expect(await under('10.0.0.7:3000', '/v1/health/live')).toBe(200);
  });
});

describe('errors from inside', () => {
  it('challenges according to whether a credential was sent', async () => {
    const url = '/v1/things/fail/unauthorized';
    expect((await send('GET', url)).headers['www-authenticate']).toBe('Bearer realm="credvault"');
    const sent = await send('GET', url, { headers: { authorization: 'Bearer nope' } });
    expect(sent.headers['www-authenticate']).toBe('Bearer realm="credvault", error="invalid_token"');
    expect(sent.headers).not.toHaveProperty('etag');
  });

  it('answers 503 with Retry-After when the database is away', async () => {
    const answer = await send('GET', '/v1/things/fail/database');
    expect([answer.status, answer.code, answer.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '1']);
  });

  it('tells nothing of an unexpected error, and logs it without a value', async () => {
    logLines.length = 0;
    const answer = await send('GET', '/v1/things/fail/unknown', { headers: { 'x-api-key': canary } });
    expect([answer.status, answer.code]).toEqual([500, 'INTERNAL_ERROR']);
    const logged = logLines.join('');
    expect(logged).toContain('"code":"22P02"');
    expect(logged).toContain(`"requestId":"${String(answer.headers['x-request-id'])}"`);
    expect(logged).toContain('things-app.fixture');
    expect(logged + answer.body).not.toContain(canary);
  });
});

/** Sends bytes over a socket and gives back all that comes until the connection ends. */
async function raw(text: string): Promise<string> {
  const socket = connect(new URL(await app.getUrl()).port as unknown as number, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (part) => void (answer += part));
  socket.on('error', () => undefined);
  socket.write(text);
  const closed = new Promise((resolve) => socket.on('close', () => resolve('closed')));
  const end = await Promise.race([closed, sleep(3000, 'still open', { ref: false })]);
  socket.destroy();
  expect(end).toBe('closed');
  return answer;
}

describe('on the socket', () => {
  it('answers what is not HTTP in the same shape', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\{"error":\{"code":"BAD_REQUEST","message":"[^"]+","requestId":"req_\w+"\}\}$/);
  });

  it('answers too large headers with 431, and a missing Host with 400', async () => {
    const large = await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    const hostless = await raw('GET /v1/things HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(hostless).toMatch(/^HTTP\/1\.1 400 [^]*Host header is missing/);
  });

  it('cuts off an answer that fails half-way', async () => {
    const answer = await raw('GET /v1/things/broken/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer).toContain('half');
    expect(answer).not.toContain('\r\n0\r\n');
    expect(answer).not.toContain('INTERNAL_ERROR');
  });

  it('serves the absolute form of a URL', async () => {
    const answer = await raw(
      'GET http://localhost/v1/things?limit=5 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('CORS', () => {
  it('is off without origins', async () => {
    const { headers } = await send('GET', '/v1/things', { headers: { origin: 'https://a.example' } });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('answers listed origins only, without credentials', async () => {
    const own = app;
    app = await startThings(['https://a.example']);
    try {
      const preflight = { origin: 'https://a.example', 'access-control-request-method': 'POST' };
      const allowed = await send('OPTIONS', '/v1/things', { headers: preflight });
      expect(allowed.status).toBe(204);
      expect(allowed.headers['access-control-allow-origin']).toBe('https://a.example');
      expect(allowed.headers['access-control-allow-headers']).toContain('Idempotency-Key');
      expect(allowed.headers).not.toHaveProperty('access-control-allow-credentials');
      const other = await send('GET', '/v1/things', { headers: { origin: 'https://b.example' } });
      expect(other.headers).not.toHaveProperty('access-control-allow-origin');
      expect((await send('PUT', '/v1/things')).headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
    } finally {
      await app.close();
      app = own;
    }
  });
});
