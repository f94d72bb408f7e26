import { Client, type Reply, type RequestOptions } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { everythingIn, expectRefused as expectRefusal } from './refusals.js';

interface Target {
  name: string;
  method: string;
  path: () => string;
  body: Record<string, unknown>;
  session?: boolean;
  public?: boolean;
}

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

/** Every operation that reads a body, with one that it would take. */
const targets: Target[] = [
  {
    name: 'register',
    method: 'POST',
    path: () => '/auth/register',
    body: { email: 'new@example.com', password: 'quiet marmots fold maps', name: 'N' },
    public: true,
  },
  {
    name: 'sign in',
    method: 'POST',
    path: () => '/auth/login',
    body: { email: 'nobody@example.com', password: 'x' },
    public: true,
  },
  { name: 'refresh', method: 'POST', path: () => '/auth/refresh', body: { refreshToken: 'x' }, public: true },
  {
    name: 'reset',
    method: 'POST',
    path: () => '/auth/password/reset',
    body: { token: 'x', newPassword: 'quiet marmots fold maps' },
    public: true,
  },
  {
    name: 'change the password',
    method: 'POST',
    path: () => '/auth/password',
    body: { currentPassword: 'x', newPassword: 'quiet marmots fold maps' },
    session: true,
  },
  { name: 'rename', method: 'PATCH', path: () => '/me', body: { name: 'N' } },
  { name: 'make a token', method: 'POST', path: () => '/api-tokens', body: { name: 'T' }, session: true },
  {
    name: 'make a vault',
    method: 'POST',
    path: () => '/vaults',
    body: { name: 'V', description: 'D', maxVersions: 5 },
  },
  {
    name: 'change a vault',
    method: 'PATCH',
    path: () => `/vaults/${vault.id}`,
    body: { name: 'V', description: 'D', maxVersions: 5 },
  },
  {
    name: 'make a secret',
    method: 'POST',
    path: () => `/vaults/${vault.id}/secrets`,
    body: { key: 'K', value: 'v', type: 'text', notes: 'n' },
  },
  {
    name: 'change a secret',
    method: 'PATCH',
    path: () => `/vaults/${vault.id}/secrets/${secret.id}`,
    body: { key: 'K', value: 'v', type: 'text', notes: 'n' },
  },
  {
    name: 'roll back',
    method: 'POST',
    path: () => `/vaults/${vault.id}/secrets/${secret.id}/rollback`,
    body: { version: 1 },
  },
  {
    name: 'import',
    method: 'POST',
    path: () => `/vaults/${vault.id}/import`,
    body: { format: 'json', content: '{}', onConflict: 'skip', dryRun: false, type: 'text' },
  },
];

function send(target: Target, options: RequestOptions): Promise<Reply> {
  const known = target.session ? person.sessionClient : person.client;
  const client = target.public ? new Client(service, { address: newAddress() }) : known;
  return client.request(target.method, target.path(), options);
}

/** Refused with this status, and nothing changed. */
function expectRefused(status: number, work: () => Promise<Reply>): Promise<void> {
  return expectRefusal(service, [status], work);
}

afterEach(async () => {
  expectStatus(await person.client.get('/health/live'), 200);
});

const fields = targets.flatMap((target) =>
  Object.keys(target.body).map((field) => [target.name, field, target] as const),
);
const wrongValues: unknown[] = [[], ['text'], {}, { $gt: '' }, 1e308, -1, true, [['x']], { toString: 'x' }];

describe.each(fields)('%s: the field %s', (_name, field, target) => {
  it('takes no value of another type', async () => {
    for (const wrong of wrongValues) {
      if (
        typeof wrong === typeof target.body[field] &&
        typeof wrong !== 'object' &&
        wrong !== 1e308 &&
        wrong !== -1
      )
        continue;
      await expectRefused(400, () => send(target, { body: { ...target.body, [field]: wrong } }));
    }
  });

  it('takes no NUL and no half of a surrogate pair', async () => {
    for (const escape of ['\\u0000', 'a\\u0000b', '\\ud800', '\\udfff\\ud800']) {
      const rest = JSON.stringify({ ...target.body, [field]: undefined }).slice(1);
      await expectRefused(400, () =>
        send(target, { raw: `{"${field}":"${escape}"${rest === '}' ? '' : ','}${rest}` }),
      );
    }
  });

  it('takes no text beyond its limit', async () => {
    // The content of an import may be longer, but this is no JSON either.
    const long = { ...target.body, [field]: 'x'.repeat(900_000) };
    await expectRefused(400, () => send(target, { body: long }));
  });
});

describe.each(targets.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  it.each<[string, string | Uint8Array]>([
    ['empty', ''],
    ['white space', '  \n'],
    ['no JSON', '{"name": '],
    ['two objects', '{}{}'],
    ['an array', '[]'],
    ['a string', '"text"'],
    ['a number', '12345678901234567890'],
    ['null', 'null'],
    [
      'not UTF-8',
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('"}')]),
    ],
    [
      'an overlong encoding',
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
    ['a NUL byte', '{"name":"a\0b"}'],
    ['nested deeper than 32', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`],
    ['nested a hundred thousand deep', '['.repeat(100_000)],
    ['a key given twice', '{"name":"a","name":"b"}'],
    ['thousands of keys', `{${Array.from({ length: 20_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
    ['a comment', '{"name":"a" /* b */}'],
    ['single quotes', `{'name':'a'}`],
    ['NaN', '{"name":NaN}'],
  ])('takes no body that is %s', async (_what, raw) => {
    await expectRefused(400, () => send(target, { raw }));
  });

  const inner = JSON.stringify(target.body).slice(1, -1);

  it('takes no unknown field', async () => {
    for (const extra of [
      '"isAdmin":true',
      '"id":"x"',
      '"organizationId":"org_x"',
      '"":1',
      '"prototype":{}',
    ]) {
      await expectRefused(400, () => send(target, { raw: `{${inner},${extra}}` }));
    }
  });

  it('takes no prototype', async () => {
    for (const extra of [
      '"__proto__":{"isSuperuser":true}',
      '"constructor":{"prototype":{"isSuperuser":true}}',
      '"constructor":1',
    ]) {
      await expectRefused(400, () => send(target, { raw: `{${inner},${extra}}` }));
    }
    expect(Object.prototype).not.toHaveProperty('isSuperuser');
  });

  it('takes none of the names that every object has', async () => {
    for (const name of ['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__']) {
      await expectRefused(400, () => send(target, { raw: `{${inner},"${name}":"x"}` }));
    }
  });

  it('takes JSON alone', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/xml',
      'garbage',
    ]) {
      const raw = JSON.stringify(target.body);
      await expectRefused(415, () => send(target, { raw, headers: { 'content-type': type } }));
    }
  });

  it('takes no more than it has room for', async () => {
    const bytes = target.name === 'import' ? 17 : 1.1;
    await expectRefused(413, () => send(target, { raw: `{"name":"${'x'.repeat(bytes * 1024 * 1024)}"}` }));
  });

  it('takes no query', async () => {
    await expectRefused(400, () => send(target, { body: target.body, query: { name: 'x' } }));
  });
});

describe('afterwards', () => {
  it('the secret is untouched', async () => {
    const reply = expectStatus(await person.client.get(`/vaults/${vault.id}/secrets/${secret.id}`), 200);
    expect(reply.data()).toEqual(secret);
  });

  it('these checks would have noticed a change', async () => {
    await expect(expectRefused(200, () => person.client.patch('/me', { name: 'Changed' }))).rejects.toThrow();
    const before = await everythingIn(service);
    await person.client.patch('/me', { name: 'Changed again' });
    expect(await everythingIn(service)).not.toBe(before);
  });
});
