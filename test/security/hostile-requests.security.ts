import { request as httpRequest } from 'node:http';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { expectRefused as expectRefusal } from './refusals.js';

let service: TestService;
let person: Person;
let vault: VaultAnswer;
let secret: SecretAnswer;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
  vault = await vaultOf(person);
  secret = await secretOf(person, vault.id, { key: 'KEY', value: 'untouched', notes: 'notes' });
});
afterAll(() => service.stop());

/** Refused with this status, and nothing changed. */
function expectRefused(status: number, work: () => Promise<Reply>): Promise<void> {
  return expectRefusal(service, [status], work);
}

afterEach(async () => {
  expectStatus(await person.client.get('/health/live'), 200);
});

describe('paths and queries', () => {
  const at = (): string => `/vaults/${vault.id}/secrets`;

  it.each<[string, string]>([
    ['an unknown parameter', '?colour=red'],
    ['a parameter twice', '?limit=1&limit=2'],
    ['a parameter in brackets', '?limit[]=1'],
    ['a nested parameter', '?sort[createdAt]=1'],
    ['__proto__', '?__proto__=1'],
    ['constructor', '?constructor=1'],
    ['a NUL', '?search=a%00b'],
    ['bytes that are not UTF-8', '?search=%ff'],
    ['broken percent-encoding', '?search=%zz'],
    ['a huge number', '?limit=99999999999999999999'],
    ['a number in another notation', '?limit=0x10'],
    ['a fraction', '?limit=1.5'],
    ['an empty number', '?limit='],
    ['a text beyond its limit', `?search=${'x'.repeat(201)}`],
    ['a cursor of garbage', '?cursor=%F0%9F%98%80'],
    ['a cursor that is too long', `?cursor=${'A'.repeat(3_000)}`],
    [
      'a hundred and one parameters',
      `?${Array.from({ length: 101 }, (_, index) => `p${index}=1`).join('&')}`,
    ],
    ['SQL in the sort', '?sort=key;DROP TABLE users'.replaceAll(' ', '%20')],
    ['SQL in a time', `?createdAfter=2026-01-01'--`],
  ])('%s is refused', async (_what, query) => {
    await expectRefused(400, () => person.client.request('GET', `${at()}${query}`));
  });

  it.each<[string]>([
    ['%00'],
    ['..%2f..%2fetc'],
    ['vlt_'],
    ['vlt_01jd3k5m7n8p9q0r1s2t3v4w5x'],
    ['VLT_01JD3K5M7N8P9Q0R1S2T3V4W5X'],
    ['00000000-0000-0000-0000-000000000000'],
    ['1'],
    ['null'],
    ['undefined'],
    ['__proto__'],
    ['constructor'],
    ['%F0%9F%98%80'],
    [`'%20OR%20'1'='1`],
    ['vlt_zzzzzzzzzzzzzzzzzzzzzzzzzz'],
  ])('the id %s is not found', async (id) => {
    for (const path of [
      `/vaults/${id}`,
      `/vaults/${id}/secrets`,
      `${at()}/${id}`,
      `${at()}/${secret.id}/versions/${id.replace(/^1$/, '9')}`,
    ]) {
      await expectRefused(404, () => person.client.get(path));
    }
  });

  it('broken percent-encoding and endless ids are refused in the usual shape', async () => {
    await expectRefused(400, () => person.client.get('/vaults/%zz', { undocumented: true }));
    await expectRefusal(service, [400, 404, 414], () =>
      person.client.get(`/vaults/${'a'.repeat(5_000)}`, { undocumented: true }),
    );
  });

  it('searches are text: no pattern and no SQL', async () => {
    for (const search of ['%', '_', '\\', `' OR 1=1 --`, '*', '(']) {
      expect(expectStatus(await person.client.get(at(), { query: { search } }), 200).data()).toEqual([]);
    }
    expect((await person.client.get(at(), { query: { search: 'key' } })).data()).toHaveLength(1);
  });

  it('a body where none is taken is refused', async () => {
    await expectRefused(400, () =>
      person.client.request('DELETE', `${at()}/${secret.id}`, { body: { force: true } }),
    );
    await expectRefused(400, () =>
      person.sessionClient.post(`/api-tokens/${person.tokenId}/pause`, { force: true }),
    );
    await expectRefused(400, () => person.sessionClient.post('/auth/logout', { all: true }));
  });
});

describe('headers', () => {
  it.each(['unknown', '1.2.3.4:5678', '[2001:db8::1]:443', 'fe80::1%eth0', `1.2.3.4'--`, '_hidden'])(
    'a proxy that forwards the address "%s" stops nothing and hides nobody',
    async (forwarded) => {
      const headers = { 'x-forwarded-for': forwarded };
      const reveal = await person.client.get(`/vaults/${vault.id}/secrets/${secret.id}`, { headers });
      expectStatus(reveal, 200);
      const visitor = new Client(service);
      expectStatus(
        await visitor.post('/auth/login', { email: person.email, password: person.password }, { headers }),
        200,
      );
      expectStatus(await person.client.get('/me', { headers }), 200);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const trail = (await person.client.get('/audit-events', { query: { limit: 20 } })).data<
        { type: string; request: { id: string } }[]
      >();
      expect(trail.map(({ request }) => request.id)).toContain(reveal.headers['x-request-id']);
      expect(trail[0]?.type).toBe('user.viewed');
    },
  );

  it('one request whose record cannot be written does not take the value from another', async () => {
    const get = (headers: Record<string, string>): Promise<Reply> =>
      person.client.get(`/vaults/${vault.id}/secrets/${secret.id}`, { headers });
    for (let round = 0; round < 5; round++) {
      const [, ...others] = await Promise.all([
        get({ 'x-forwarded-for': 'unknown' }),
        get({}),
        get({}),
        get({}),
      ]);
      for (const reply of others) expectStatus(reply, 200);
    }
  });

  it('an If-Match that is none is refused', async () => {
    for (const tag of ['x', '"', 'W/', '""" ', ',', '"a" "b"']) {
      await expectRefused(400, () =>
        person.client.patch(`/vaults/${vault.id}`, { name: 'x' }, { headers: { 'if-match': tag } }),
      );
    }
  });

  it('what is no HTTP is answered and hung up on', async () => {
    const { port } = new URL(service.url);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        { port, path: '/', headers: { big: 'x'.repeat(100_000) } },
        ({ statusCode = 0 }) => resolve(statusCode),
      );
      request.on('error', reject).end();
    });
    expect(status).toBe(431);
  });
});
