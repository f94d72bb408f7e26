import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { Scope } from '@credvault/access/scopes.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { ApiTokensService } from '../../apps/api/src/api-tokens/api-tokens.service.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { ImportResultDto } from '../../apps/api/src/secrets/secret-transfer.dto.js';
import type { Client, Reply } from '../support/client.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

const value = 'a value that not everybody may see';
const notes = 'notes that not everybody may see';
const all = { value, notes };

let service: TestService;
let owner: Person;
let vaultId: string;
let vault: string;
let secret: string;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service);
});
beforeEach(async () => {
  vaultId = (await vaultOf(owner)).id;
  vault = `/vaults/${vaultId}`;
  secret = `${vault}/secrets/${(await secretOf(owner, vaultId, { key: 'KEY', ...all })).id}`;
});
afterAll(() => service.stop());

function expectForbidden(reply: Reply, scope: Scope): void {
  expectStatus(reply, 403);
  const { error } = reply.json<{
    error: { code: string; message: string; details: { message: string }[] };
  }>();
  expect(error.code).toBe('FORBIDDEN');
  expect(error.details[0]?.message).toBe(scope);
  expect(reply.headers['www-authenticate']).toContain(`scope="${scope}"`);
  expectNothingShown(reply);
}

function expectNothingShown(reply: Reply): void {
  expect(reply.text).not.toContain(value);
  expect(reply.text).not.toContain(notes);
}

/** A token of the owner that has these scopes and no other, as scoped keys will have: narrowed where tokens are resolved. */
async function tokenWith(scopes: Scope[]): Promise<Client> {
  const minted = await owner.sessionClient.post('/api-tokens', { name: scopes.join(' ') });
  const { id, token } = expectStatus(minted, 201).data<MintedApiTokenDto>();
  const tokens = service.app.get(ApiTokensService, { strict: false });
  service.app.get(CredentialRegistry, { strict: false }).register({
    prefix: 'ck_live_',
    credentialType: 'api_token',
    findPrincipal: async (digest) => {
      const principal = await tokens.findPrincipal(digest);
      if (principal === null || principal.credentialId !== uuidOf('apiToken', id)) return principal;
      return { ...principal, scopes: new Set(scopes) };
    },
    stop: (transaction, principal) => tokens.stop(transaction, principal),
    saveLastUsed: (uses) => tokens.saveLastUsed(uses),
  });
  return owner.client.as(token);
}

describe.each(['viewer', 'auditor'])('a %s', (role) => {
  let member: Person;
  let client: Client;
  beforeAll(async () => {
    member = await memberOf(service, owner, role);
    ({ client } = member);
  });
  // As far as a grant goes: their role keeps them from more.
  beforeEach(() => grantTo(owner, vaultId, member, 'manager'));

  it('sees vaults, names, types and versions, and no value', async () => {
    expectStatus(await client.get('/vaults'), 200);
    expectStatus(await client.get(vault), 200);
    const list = expectStatus(await client.get(`${vault}/secrets`), 200);
    expect(list.data<SecretAnswer[]>()).toEqual([
      expect.not.objectContaining({
        value: expect.anything() as string,
        notes: expect.anything() as string,
      }) as object,
    ]);
    expect(list.data<SecretAnswer[]>()[0]).toMatchObject({ key: 'KEY', type: 'text', version: 1 });
    expectNothingShown(list);
    expectNothingShown(expectStatus(await client.get(`${vault}/secrets`, { query: { reveal: false } }), 200));
    expectNothingShown(expectStatus(await client.get(`${secret}/versions`), 200));
  });

  it('is refused every reveal, and told which scope is missing', async () => {
    expectForbidden(await client.get(secret), 'secret:read');
    expectForbidden(await client.get(`${secret}/versions/1`), 'secret:read');
    expectForbidden(await client.get(`${vault}/export`, { query: { format: 'json' } }), 'secret:read');
    expectForbidden(await client.get(`${vault}/secrets`, { query: { reveal: true } }), 'secret:read');
  });

  it('is refused every change, and nothing changes', async () => {
    const before = (await owner.client.get(secret)).text;
    expectForbidden(await client.post('/vaults', { name: 'x' }), 'vault:write');
    expectForbidden(await client.patch(vault, { name: 'x' }), 'vault:write');
    expectForbidden(await client.delete(vault), 'vault:write');
    expectForbidden(await client.post(`${vault}/secrets`, { key: 'A', value: 'x' }), 'secret:write');
    expectForbidden(await client.patch(secret, { value: 'x' }), 'secret:write');
    expectForbidden(await client.delete(secret), 'secret:write');
    expectForbidden(await client.post(`${secret}/rollback`, { version: 1 }), 'secret:write');
    expectForbidden(await client.post(`${vault}/import`, { format: 'json', content: '{}' }), 'secret:write');
    expect((await owner.client.get(secret)).text).toBe(before);
  });

  it('is known to itself, and reads the trail only as an auditor', async () => {
    expectStatus(await client.get('/me'), 200);
    const trail = await client.get('/audit-events');
    if (role === 'auditor') expectStatus(trail, 200);
    else expectForbidden(trail, 'logs:read');
  });
});

describe('a developer', () => {
  it('reads and writes secrets, and does not read the trail', async () => {
    const developer = await memberOf(service, owner, 'developer');
    await grantTo(owner, vaultId, developer, 'editor');
    const { client } = developer;
    expect((await client.get(secret)).data()).toMatchObject(all);
    expectStatus(await client.patch(secret, { value: 'new' }), 200);
    expectStatus(await client.post('/vaults', { name: 'Theirs' }), 201);
    expectForbidden(await client.get('/audit-events'), 'logs:read');
  });
});

describe('somebody with a role of another time', () => {
  it('may do nothing but know themselves', async () => {
    const { client } = await memberOf(service, owner, 'emperor');
    expectStatus(await client.get('/me'), 200);
    expectForbidden(await client.get('/vaults'), 'vault:read');
    expectForbidden(await client.get(secret), 'secret:read');
  });
});

describe('a change of role', () => {
  it('takes effect on tokens that are in use', async () => {
    const member = await memberOf(service, owner, 'developer');
    await grantTo(owner, vaultId, member);
    expectStatus(await member.client.get(secret), 200);
    await service.database.rows(`UPDATE memberships SET role = 'viewer' WHERE user_id = $1`, [
      uuidOf('user', member.userId),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expectForbidden(await member.client.get(secret), 'secret:read');
    await service.database.rows(`DELETE FROM memberships WHERE user_id = $1`, [
      uuidOf('user', member.userId),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expectStatus(await member.client.get('/vaults'), 401);
  });
});

describe('who may write but not read', () => {
  let client: Client;
  beforeAll(async () => {
    client = await tokenWith(['secret:write']);
  });
  const storedIn = async (path: string): Promise<SecretAnswer> =>
    (await owner.client.get(path)).data<SecretAnswer>();

  it('is shown back what the request sent, and nothing that was stored', async () => {
    const made = expectStatus(
      await client.post(`${vault}/secrets`, { key: 'MINE', value: 'sent', notes: 'sent too' }),
      201,
    );
    expect(made.data()).toMatchObject({ value: 'sent', notes: 'sent too' });
    const type = expectStatus(await client.patch(secret, { type: 'json' }), 200);
    expect(type.data()).not.toHaveProperty('value');
    expect(type.data()).not.toHaveProperty('notes');
    const sent = expectStatus(await client.patch(secret, { value: 'sent' }), 200);
    expect(sent.data<SecretAnswer>().value).toBe('sent');
    expect(sent.data()).not.toHaveProperty('notes');
    expect(await storedIn(secret)).toMatchObject({ value: 'sent', notes, version: 2 });
    const noted = expectStatus(await client.patch(secret, { notes: 'sent' }), 200);
    expect(noted.data<SecretAnswer>().notes).toBe('sent');
    expect(noted.data()).not.toHaveProperty('value');
    const back = expectStatus(await client.post(`${secret}/rollback`, { version: 1 }), 200);
    for (const reply of [type, sent, noted, back]) expectNothingShown(reply);
    expect(await storedIn(secret)).toMatchObject({ ...all, version: 4 });
  });

  it('is shown nothing stored by a repeated request either', async () => {
    const headers = { 'idempotency-key': 'roll back once'.replaceAll(' ', '-') };
    await owner.client.patch(secret, { value: 'newer' });
    const first = expectStatus(await client.post(`${secret}/rollback`, { version: 1 }, { headers }), 200);
    const again = expectStatus(await client.post(`${secret}/rollback`, { version: 1 }, { headers }), 200);
    expect(again.headers['idempotency-replayed']).toBe('true');
    for (const reply of [first, again]) expectNothingShown(reply);
    expect((await storedIn(secret)).version).toBe(3);
  });

  it('cannot learn from an import whether a value is the same', async () => {
    const outcomeOf = async (content: object, options: object = {}): Promise<ImportResultDto> => {
      const body = { format: 'json', content: JSON.stringify(content), onConflict: 'overwrite', ...options };
      return expectStatus(await client.post(`${vault}/import`, body), 200).data<ImportResultDto>();
    };
    for (const options of [{ dryRun: true }, {}]) {
      const same = await outcomeOf({ KEY: value }, options);
      const other = await outcomeOf({ KEY: 'a guess' }, options);
      await owner.client.patch(secret, { value });
      const bare = ({ results, ...counts }: ImportResultDto): object => ({
        ...counts,
        outcomes: results.map(({ outcome }) => outcome),
      });
      expect(bare(same)).toEqual(bare(other));
      expect(same.unchanged).toBe(0);
    }
    const reader = await owner.client.post(`${vault}/import`, {
      format: 'json',
      content: JSON.stringify({ KEY: value }),
      onConflict: 'overwrite',
    });
    expect(reader.data<ImportResultDto>().unchanged).toBe(1);
  });

  it("is not told a reader's result by repeating their request", async () => {
    const body = { format: 'json', content: JSON.stringify({ KEY: value }), onConflict: 'overwrite' };
    const headers = { 'idempotency-key': 'import-once' };
    const first = await owner.client.post(`${vault}/import`, body, { headers });
    expect(first.data<ImportResultDto>().unchanged).toBe(1);
    const again = expectStatus(await client.post(`${vault}/import`, body, { headers }), 200);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.data<ImportResultDto>()).toMatchObject({ unchanged: 0, updated: 1 });
  });

  it('neither lists nor reveals', async () => {
    expectForbidden(await client.get(`${vault}/secrets`), 'secret:list');
    expectForbidden(await client.get(secret), 'secret:read');
    expectForbidden(await client.get(`${secret}/versions`), 'secret:list');
  });
});

describe('who may read', () => {
  it('is shown stored content by a change, which is recorded as a reveal', async () => {
    const id = secret.split('/').at(-1) ?? '';
    const reply = expectStatus(await owner.client.patch(secret, { type: 'json' }), 200);
    expect(reply.data()).toMatchObject(all);
    expect(
      (await trailOf(owner, { resource: id, type: 'secret.revealed' })).map(({ request }) => request.method),
    ).toEqual(['PATCH']);
    expectStatus(await owner.client.patch(secret, { value: 'sent', notes: 'sent' }), 200);
    expect(await trailOf(owner, { resource: id, type: 'secret.revealed' })).toHaveLength(1);
  });

  it('with secret:read has secret:list', async () => {
    const client = await tokenWith(['secret:read', 'secret:list']);
    expect((await client.get(`${vault}/secrets`)).data<SecretAnswer[]>()[0]?.value).toBe(value);
    expectForbidden(await client.patch(secret, { value: 'x' }), 'secret:write');
  });
});
