import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { type AuditEvent, settle } from './audit-trail.js';

let service: TestService;
let jane: Person;
let inside: VaultAnswer;
let outside: VaultAnswer;
let secret: SecretAnswer;
let hidden: SecretAnswer;
let key: TestKey;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
  [inside, outside] = [await vaultOf(jane, { name: 'Inside' }), await vaultOf(jane, { name: 'Outside' })];
  [secret, hidden] = [await secretOf(jane, inside.id), await secretOf(jane, outside.id)];
  key = await apiKeyOf(jane, { vaultIds: [inside.id] });
});
afterAll(() => service.stop());

describe('a key with vaults', () => {
  it('works in its vaults with everything that is in them', async () => {
    const path = `/vaults/${inside.id}`;
    expectStatus(await key.client.get(path), 200);
    expectStatus(await key.client.get(`${path}/secrets/${secret.id}`), 200);
    expectStatus(await key.client.get(`${path}/secrets`), 200);
    expectStatus(await key.client.patch(`${path}/secrets/${secret.id}`, { value: 'new' }), 200);
    const made = expectStatus(await key.client.post(`${path}/secrets`, { key: 'NEW', value: 'x' }), 201);
    expectStatus(await key.client.delete(`${path}/secrets/${made.data<SecretAnswer>().id}`), 204);
    expectStatus(await key.client.patch(path, { description: 'by the key' }), 200);
  });

  it('does not find another one: the answer is that of a vault that is not there', async () => {
    const shape = async (vaultId: string): Promise<unknown[]> => {
      const path = `/vaults/${vaultId}`;
      const replies = [
        await key.client.get(path),
        await key.client.patch(path, { name: 'x' }),
        await key.client.get(`${path}/secrets`),
        await key.client.get(`${path}/secrets/${hidden.id}`),
        await key.client.get(`${path}/secrets/${hidden.id}/versions/1`),
        await key.client.post(`${path}/secrets`, { key: 'A', value: 'x' }),
        await key.client.patch(`${path}/secrets/${hidden.id}`, { value: 'x' }),
        await key.client.get(`${path}/export`, { query: { format: 'json' } }),
        await key.client.post(`${path}/import`, { format: 'json', content: '{}' }),
        await key.client.delete(path),
      ];
      return replies.map(({ status, text }) => [status, text.replace(/"requestId":"[^"]+"/, '')]);
    };
    const refused = await shape(outside.id);
    expect(refused.map((reply) => (reply as [number])[0])).toEqual(refused.map(() => 404));
    expect(refused).toEqual(await shape(publicId('vault', newUuid())));
    // A secret is not reached through a vault that the key has.
    expectStatus(await key.client.get(`/vaults/${inside.id}/secrets/${hidden.id}`), 404);
    expect((await jane.client.get(`/vaults/${outside.id}`)).data()).toMatchObject({
      name: 'Outside',
      secretCount: 1,
    });
  });

  it('lists its own alone, and counts no other', async () => {
    const reply = expectStatus(await key.client.get('/vaults'), 200);
    expect(reply.data<VaultAnswer[]>().map(({ id }) => id)).toEqual([inside.id]);
    expect(reply.json<{ pagination: { total: number } }>().pagination.total).toBe(1);
    const searched = await key.client.get('/vaults', { query: { search: 'Outside' } });
    expect(searched.json<{ pagination: { total: number } }>().pagination.total).toBe(0);
  });

  it('makes no vault', async () => {
    const reply = expectStatus(await key.client.post('/vaults', { name: 'Another' }), 403);
    expect(reply.json<{ error: object }>().error).toMatchObject({
      message: 'Insufficient permissions for operation',
      details: [{ path: 'vaultIds', code: 'outside_vaults' }],
    });
  });

  it('sees in the audit trail what concerns its vaults', async () => {
    await settle(service);
    const reply = expectStatus(await key.client.get('/audit-events', { query: { limit: 1_000 } }), 200);
    const events = reply.data<(AuditEvent & { vaultId: string | null })[]>();
    expect(events.length).toBeGreaterThan(0);
    expect(reply.text).toContain(inside.id);
    expect(reply.text).not.toContain(outside.id);
    expect(events.map(({ type }) => type)).not.toContain('api_key.created');
    const asked = await key.client.get('/audit-events', { query: { resource: outside.id } });
    expect(asked.data()).toEqual([]);
  });

  it('sees in the usage of other keys what concerns its vaults, and of its own everything', async () => {
    const wide = await apiKeyOf(jane);
    for (const vault of [inside, outside]) expectStatus(await wide.client.get(`/vaults/${vault.id}`), 200);
    expectStatus(await wide.client.get('/vaults'), 200);
    await settle(service);
    const paths = async (client = jane.client, of = wide): Promise<string[]> => {
      const reply = await client.get(`/api-keys/${of.id}/usage`, { query: { sort: 'createdAt' } });
      return expectStatus(reply, 200)
        .data<{ path: string }[]>()
        .map(({ path }) => path);
    };
    expect(await paths()).toEqual([`/vaults/${inside.id}`, `/vaults/${outside.id}`, '/vaults']);
    expect(await paths(key.client)).toEqual([`/vaults/${inside.id}`, '/vaults']);
    expect(await paths(key.client, key)).toContain(`/vaults/${outside.id}`);
    const [, outsiders] = (await jane.client.get(`/api-keys/${wide.id}/usage`)).data<{ id: string }[]>();
    expectStatus(await key.client.get(`/api-keys/${wide.id}/usage/${outsiders?.id}`), 404);
    expectStatus(await jane.client.get(`/api-keys/${wide.id}/usage/${outsiders?.id}`), 200);
  });

  it('keeps them when one of them is deleted: it does not become wider', async () => {
    const vault = await vaultOf(jane);
    const own = await apiKeyOf(jane, { vaultIds: [vault.id] });
    expectStatus(await jane.client.delete(`/vaults/${vault.id}`), 204);
    expect((await own.client.get('/vaults')).data()).toEqual([]);
    expectStatus(await own.client.get(`/vaults/${inside.id}`), 404);
    const shown = await jane.client.patch(`/api-keys/${own.id}`, { name: 'Left' });
    expect(expectStatus(shown, 200).data<{ vaultIds: string[] }>().vaultIds).toEqual([vault.id]);
  });
});
