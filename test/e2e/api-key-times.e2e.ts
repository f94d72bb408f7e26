import { LastUsed } from '@credvault/access/last-used.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import { ApiKeysRepository } from '../../apps/api/src/api-keys/api-keys.repository.js';
import { RotationReminder } from '../../apps/api/src/api-keys/rotation-reminder.js';
import { apiKeyOf, type MintedKeyAnswer, type TestKey } from '../support/keys.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';

type Key = Wire<ApiKeyDto>;

let service: TestService;
let other: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  other = await startTestService({ sharing: service });
  jane = await signUp(service);
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

const stateOf = async ({ id }: { id: string }): Promise<Key> =>
  expectStatus(await jane.client.get(`/api-keys/${id}`), 200).data<Key>();
const flush = (): Promise<void> => service.app.get(LastUsed, { strict: false }).flush();

/** How often the row of a key was written, told by where its newest version stands. */
async function placeOf({ id }: { id: string }): Promise<string> {
  const [row] = await service.database.rows<{ place: string }>(
    `SELECT ctid::text || ' ' || xmin::text AS place FROM api_keys WHERE id = $1`,
    [uuidOf('apiKey', id)],
  );
  return row?.place ?? '';
}

describe('when a key was last used', () => {
  it('is written once for many requests, and not for each', async () => {
    const key = await apiKeyOf(jane, { scopes: ['vault:read'] });
    const before = await placeOf(key);
    const since = Date.now();
    for (let i = 0; i < 30; i++) expectStatus(await key.client.get('/vaults'), 200);
    expect(await placeOf(key)).toBe(before);
    expect((await stateOf(key)).lastUsedAt).toBeNull();
    await flush();
    const written = await placeOf(key);
    expect(written).not.toBe(before);
    const { lastUsedAt, updatedAt } = await stateOf(key);
    expect(Date.parse(lastUsedAt ?? '')).toBeGreaterThanOrEqual(since);
    expect(updatedAt).toBe(key.updatedAt);
    for (let i = 0; i < 30; i++) expectStatus(await key.client.get('/vaults'), 200);
    await flush();
    expect(await placeOf(key)).toBe(written);
  });

  it('is not written twice within a minute by two processes, and never goes backwards', async () => {
    const key = await apiKeyOf(jane);
    const save = async (at: number): Promise<string | null> => {
      const [organizationId, credentialId] = [
        uuidOf('organization', jane.organizationId),
        uuidOf('apiKey', key.id),
      ];
      const use = {
        organizationId: organizationId ?? '',
        credentialId: credentialId ?? '',
        at: new Date(at),
      };
      await other.app.get(ApiKeysRepository, { strict: false }).saveLastUsed([use]);
      return (await stateOf(key)).lastUsedAt;
    };
    const noon = Date.UTC(2026, 5, 1, 12);
    const written = new Date(noon).toISOString();
    expect(await save(noon)).toBe(written);
    expect(await save(noon + 59_999)).toBe(written);
    expect(await save(noon - 600_000)).toBe(written);
    expect(await save(noon + 60_000)).toBe(new Date(noon + 60_000).toISOString());
  });

  it('counts the use of either secret, and tells when the earlier one was', async () => {
    const key = await apiKeyOf(jane);
    const reply = await jane.client.post(`/api-keys/${key.id}/rotate`, { overlapSeconds: 600 });
    const rotated = expectStatus(reply, 200).data<MintedKeyAnswer>();
    expectStatus(await jane.client.get('/vaults', { token: rotated.key }), 200);
    await flush();
    const first = await stateOf(key);
    expect(first.lastUsedAt).not.toBeNull();
    expect(first.previousSecret).toEqual({ ...rotated.previousSecret, lastUsedAt: null });
    expectStatus(await jane.client.get('/vaults', { token: key.key }), 200);
    await flush();
    const second = await stateOf(key);
    expect(second.previousSecret?.lastUsedAt).not.toBeNull();
    expect(second.lastUsedAt).toBe(first.lastUsedAt);
  });

  it('does not count requests that were refused at the door', async () => {
    const key = await apiKeyOf(jane, { allowedIps: ['203.0.113.0/24'] });
    expectStatus(await key.client.get('/vaults'), 403);
    await flush();
    expect((await stateOf(key)).lastUsedAt).toBeNull();
  });

  it('is kept by a rotation of the secret that was used', async () => {
    const key = await apiKeyOf(jane);
    expectStatus(await key.client.get('/vaults'), 200);
    await flush();
    const { lastUsedAt } = await stateOf(key);
    const reply = await jane.client.post(`/api-keys/${key.id}/rotate`, {});
    const rotated = expectStatus(reply, 200).data<MintedKeyAnswer>();
    expect(rotated.lastUsedAt).toBe(lastUsedAt);
    expect(rotated.previousSecret?.lastUsedAt).toBe(lastUsedAt);
  });
});

describe('the event that a rotation is due', () => {
  const look = (by: TestService): Promise<void> => by.app.get(RotationReminder, { strict: false }).run();
  const shift = ({ id }: { id: string }): Promise<unknown> =>
    service.database.rows(`UPDATE api_keys SET rotation_due_at = now() - interval '1 hour' WHERE id = $1`, [
      uuidOf('apiKey', id),
    ]);
  const countOf = async ({ id }: { id: string }): Promise<number> =>
    (await trailOf(jane, { resource: id, type: 'api_key.rotation_due' })).length;

  it('is written once, by the service, when it is due and not before', async () => {
    const key = await apiKeyOf(jane);
    await look(service);
    expect(await countOf(key)).toBe(0);
    await shift(key);
    await look(service);
    await look(service);
    const events = await trailOf(jane, { resource: key.id, type: 'api_key.rotation_due' });
    expect(events).toEqual([
      expect.objectContaining({
        actor: expect.objectContaining({ type: 'service' }) as object,
        resource: { type: 'api_key', ids: [key.id] },
        details: { rotationDueAt: (await stateOf(key)).rotationDueAt },
      }),
    ]);
  });

  it('is written again when the key was rotated and became due again', async () => {
    const key = await apiKeyOf(jane);
    await shift(key);
    await look(service);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    await look(service);
    expect(await countOf(key)).toBe(1);
    await shift(key);
    await look(service);
    expect(await countOf(key)).toBe(2);
  });

  it('is written once by several processes that look at once', async () => {
    const keys: TestKey[] = [];
    for (let i = 0; i < 10; i++) keys.push(await apiKeyOf(jane));
    for (const key of keys) await shift(key);
    await Promise.all([look(service), look(other), look(service), look(other)]);
    for (const key of keys) expect(await countOf(key)).toBe(1);
  });

  it('stands in no usage history', async () => {
    const key = await apiKeyOf(jane);
    await shift(key);
    await look(service);
    expect((await jane.client.get(`/api-keys/${key.id}/usage`)).data()).toEqual([]);
  });
});
