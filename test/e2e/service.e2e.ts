import { Client } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let person: Person;
let visitor: Client;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
  visitor = new Client(service, { address: newAddress() });
});
afterAll(() => service.stop());

describe('health', () => {
  it.each([['/api/v1/health/live'], ['/v1/health/live'], ['/health/live']])(
    'says at %s that the process lives',
    async (path) => {
      const reply = expectStatus(
        await visitor.get(path, { fromRoot: true, undocumented: !path.startsWith('/api') }),
        200,
      );
      expect(reply.data()).toEqual({ status: 'ok' });
    },
  );

  it.each([['/api/v1/health/ready'], ['/v1/health/ready'], ['/health/ready']])(
    'says at %s that every part works',
    async (path) => {
      const reply = expectStatus(
        await visitor.get(path, { fromRoot: true, undocumented: !path.startsWith('/api') }),
        200,
      );
      expect(reply.data()).toEqual({
        status: 'ok',
        checks: { database: 'ok', keyring: 'ok', audit: 'ok', disk: 'ok', limits: 'process' },
      });
    },
  );

  it('names the keyring when its keys cannot be opened', async () => {
    await service.database.rows(
      `UPDATE system_keys SET root_key_id = 'rk_0000000000000000' WHERE name = 'cursor'`,
    );
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const reply = expectStatus(await visitor.get('/health/ready'), 503);
      const { error } = reply.json<{ error: { code: string; details: { path: string }[] } }>();
      expect(error.code).toBe('UNAVAILABLE');
      expect(error.details.map(({ path }) => path)).toEqual(['keyring']);
      expectStatus(await visitor.get('/health/live'), 200);
    } finally {
      await service.database.rows(`UPDATE system_keys SET root_key_id =
        (SELECT root_key_id FROM system_keys WHERE name = 'pepper') WHERE name = 'cursor'`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expectStatus(await visitor.get('/health/ready'), 200);
  });
});

describe('the documents', () => {
  const openapi = (at: TestService, token: string | null = null, path = '/openapi.json') =>
    new Client(at, { address: newAddress() }).get(path, {
      fromRoot: true,
      undocumented: true,
      token,
    });
  const docs = (at: TestService, path = '/docs') =>
    new Client(at).get(path, { fromRoot: true, undocumented: true });

  it('are public by default, with the address of this service', async () => {
    const document = expectStatus(await openapi(service), 200).json<{
      openapi: string;
      info: { description: string };
      servers: { url: string }[];
      paths: object;
    }>();
    expect(document.openapi).toMatch(/^3\.1/);
    expect(document.servers[0]?.url).toContain(service.runtime.settings.publicUrl.origin);
    expect(Object.keys(document.paths)).toContain('/api/v1/vaults/{vaultId}/secrets/{secretId}');
    expect(expectStatus(await openapi(service, null, '/openapi/v1.json'), 200).body).toEqual(document);
    const cloud = expectStatus(await openapi(service, null, '/openapi/v2.json'), 200).json<typeof document>();
    expect(cloud.servers).toEqual(document.servers);
    expect(Object.keys(cloud.paths)).toContain('/api/v2/users/me');
    for (const { info } of [document, cloud]) expect(info.description).toContain('no successor');
    for (const path of ['/openapi/v3.json', '/openapi/', '/openapi/v2.json/'])
      expectStatus(await openapi(service, null, path), 404);
    const page = expectStatus(await docs(service), 200);
    for (const api of ['v1', 'v2']) expect(page.text).toContain(`<option value="${api}">`);
    expect(page.headers['content-type']).toMatch(/^text\/html/);
    expect(page.headers['content-security-policy']).toContain(`script-src 'self'`);
    for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'docs.js'])
      expectStatus(await docs(service, `/docs/${file}`), 200);
    for (const file of ['package.json', '..%2fpackage.json', '__proto__', 'constructor'])
      expectStatus(await docs(service, `/docs/${file}`), 404);
  });

  it('take a credential when they are private', async () => {
    const hidden = await startTestService({ environment: { CREDVAULT_DOCS: 'private' } });
    try {
      const insider = await signUp(hidden);
      for (const path of ['/openapi.json', '/openapi/v1.json', '/openapi/v2.json']) {
        expectStatus(await openapi(hidden, null, path), 401);
        expectStatus(await openapi(hidden, insider.token, path), 200);
      }
      expectStatus(await docs(hidden), 200);
    } finally {
      await hidden.stop();
    }
  });

  it('are not there when they are off', async () => {
    const silent = await startTestService({ environment: { CREDVAULT_DOCS: 'off' } });
    try {
      const insider = await signUp(silent);
      expectStatus(await openapi(silent, insider.token), 404);
      expectStatus(await openapi(silent, insider.token, '/openapi/v2.json'), 404);
      expectStatus(await docs(silent), 404);
      expectStatus(await docs(silent, '/docs/docs.js'), 404);
    } finally {
      await silent.stop();
    }
  });
});

describe('the short path /v1', () => {
  const short = { fromRoot: true, undocumented: true };

  it('is the same thing, not a redirect', async () => {
    const vault = await vaultOf(person);
    const { id } = await secretOf(person, vault.id, { value: 'the same' });
    const long = await person.client.get(`/vaults/${vault.id}/secrets/${id}`);
    const reply = expectStatus(await person.client.get(`/v1/vaults/${vault.id}/secrets/${id}`, short), 200);
    expect(reply.text).toBe(long.text);
    const made = expectStatus(await person.client.post('/v1/vaults', { name: 'Short' }, short), 201);
    expect(made.headers['location']).toBe(`/v1/vaults/${made.data<{ id: string }>().id}`);
    const page = expectStatus(await person.client.get('/v1/vaults?limit=1', short), 200);
    expect(page.headers['link']).toMatch(/^<\/v1\/vaults\?limit=1&cursor=[^>]+>; rel="next"$/);
  });

  it('repeats what was begun at the long one', async () => {
    const headers = { 'idempotency-key': 'either-path' };
    const first = await person.client.post('/vaults', { name: 'Once' }, { headers });
    const again = await person.client.post('/v1/vaults', { name: 'Once' }, { ...short, headers });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.data()).toEqual(first.data());
  });

  it('is no prefix of other words', async () => {
    for (const path of ['/v1x/me', '/v12/me', '/api/me', '/api/v3/me'])
      expectStatus(await person.client.get(path, short), 404);
  });
});

describe('every answer', () => {
  it("carries a request id of the service's own and the headers of safety", async () => {
    const headers = { 'x-request-id': 'mine' };
    const replies = [
      await person.client.get('/me', { headers }),
      await visitor.get('/me', { headers }),
      await visitor.get('/nothing', { headers, undocumented: true }),
      await visitor.get('/vaults/%zz', { headers, undocumented: true }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 401, 404, 400]);
    for (const reply of replies) {
      expect(reply.headers).toMatchObject({
        'x-request-id': expect.stringMatching(/^req_/) as string,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(reply.headers['content-security-policy']).toContain(`default-src 'none'`);
    }
    expect(new Set(replies.map(({ headers: { 'x-request-id': id } }) => id)).size).toBe(4);
  });

  it('that is an error has one shape, from router, parser and framework too', async () => {
    const { client } = person;
    const text = { headers: { 'content-type': 'text/plain' } };
    const cases: [
      Promise<{ status: number; body: unknown; headers: Record<string, string> }>,
      number,
      string,
    ][] = [
      [client.post('/vaults', undefined, { raw: '{' }), 400, 'BAD_REQUEST'],
      [visitor.get('/me'), 401, 'UNAUTHORIZED'],
      [client.get('/api-tokens'), 403, 'FORBIDDEN'],
      [client.get('/nothing', { undocumented: true }), 404, 'NOT_FOUND'],
      [client.request('PUT', '/vaults', { undocumented: true }), 405, 'METHOD_NOT_ALLOWED'],
      [client.post('/vaults', { name: 'x'.repeat(1_100_000) }), 413, 'PAYLOAD_TOO_LARGE'],
      [client.post('/vaults', undefined, { raw: 'x', ...text }), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ];
    for (const [sent, status, code] of cases) {
      const reply = await sent;
      expect(reply.status).toBe(status);
      const { error } = reply.body as { error: { requestId: string } };
      expect(Object.keys(reply.body as object)).toEqual(['error']);
      expect(error).toMatchObject({ code, message: expect.stringMatching(/\S+ \S+/) as string });
      expect(error.requestId).toBe(reply.headers['x-request-id']);
    }
    expect((await client.request('PUT', '/vaults', { undocumented: true })).headers['allow']).toContain(
      'POST',
    );
    expectStatus(await client.request('OPTIONS', '/vaults', { undocumented: true }), 204);
  });

  it('is logged in one line, without path, query, headers or body', async () => {
    const vault = await vaultOf(person);
    const { id } = await secretOf(person, vault.id);
    const from = service.logs.length;
    const options = { headers: { 'user-agent': 'curious' }, query: { search: 'looking-for-this' } };
    const reply = await person.client.get(`/vaults/${vault.id}/secrets`, options);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const lines = service.logs.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      expect.objectContaining({
        requestId: reply.headers['x-request-id'],
        method: 'GET',
        route: '/vaults/:vaultId/secrets',
        status: 200,
      }) as object,
    ]);
    expect(JSON.stringify(lines)).not.toMatch(
      new RegExp(`${id}|${vault.id}|curious|looking-for-this|Bearer`),
    );
    expect(reply.data<SecretAnswer[]>()).toEqual([]);
  });
});
