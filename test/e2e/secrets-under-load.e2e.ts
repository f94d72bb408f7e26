import { DataKeyMissing, Keyring, type KeyOwner } from '@credvault/crypto/keyring.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { VaultKeyRotationService } from '../../apps/api/src/secrets/vault-key-rotation.service.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

type Invalidate = Parameters<ConstructorParameters<typeof Keyring>[2]['onInvalidation']>[0];

let service: TestService;
/** A second service on the same database: it knows no key of the vaults that were made at the first. */
let other: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  other = await startTestService({ sharing: service });
  person = await signUp(service);
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

const keyOwnerOf = (vaultId: string): KeyOwner => ({
  organizationId: uuidOf('organization', person.organizationId) ?? '',
  type: 'vault',
  id: uuidOf('vault', vaultId) ?? '',
});

const rotate = (vaultId: string): Promise<number> =>
  service.app
    .get(VaultKeyRotationService, { strict: false })
    .rotate(uuidOf('vault', vaultId) ?? '', () => undefined);

/** The versions of the data key that the stored versions of a vault are encrypted with. */
async function keyVersionsOf(vaultId: string): Promise<number[]> {
  const rows = await service.database.rows<{ version: number }>(
    `SELECT DISTINCT key_version AS version FROM secret_versions WHERE vault_id = $1 ORDER BY 1`,
    [uuidOf('vault', vaultId)],
  );
  return rows.map(({ version }) => version);
}

describe('writers of one vault whose key is not in memory', () => {
  it('take no second connection: forty creates at once are all done', async () => {
    const { id } = await vaultOf(person);
    const client = person.client.at(other);
    const creates = Array.from({ length: 40 }, (_, at) =>
      client.post(`/vaults/${id}/secrets`, { key: `K${at}`, value: `${at}` }),
    );
    const statuses = (await Promise.all(creates)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 40 }, () => 201));
  });

  it('read the key on the connection of their transaction', async () => {
    const owner = keyOwnerOf((await vaultOf(person)).id);
    const { rootKeys, channel, database } = other.runtime;
    const [made, read] = await database.transaction(async (transaction) => [
      await new Keyring(database, rootKeys, channel).createDataKey(transaction, owner, 2),
      // Nobody else can see it yet.
      await new Keyring(database, rootKeys, channel).dataKey(owner, 2, transaction),
    ]);
    expect(read).toEqual(made);
  });
});

describe('the keys in memory', () => {
  let keyring: Keyring;
  let owner: KeyOwner;
  let invalidate: Invalidate;
  let isHealthy: boolean;

  beforeEach(async () => {
    owner = keyOwnerOf((await vaultOf(person)).id);
    isHealthy = true;
    keyring = new Keyring(service.database, service.runtime.rootKeys, {
      isHealthy: () => isHealthy,
      onInvalidation: (listener) => (invalidate = listener),
    });
  });

  const shred = (): Promise<unknown> =>
    service.database.rows(`DELETE FROM data_keys WHERE owner_id = $1`, [owner.id]);

  it('need no database, until their vault is invalidated', async () => {
    const key = await keyring.dataKey(owner, 1);
    await shred();
    expect(await keyring.dataKey(owner, 1)).toEqual(key);
    invalidate({ kind: 'vault', id: owner.id });
    await expect(keyring.dataKey(owner, 1)).rejects.toThrow(DataKeyMissing);
  });

  it('are not trusted while the channel may be deaf', async () => {
    await keyring.dataKey(owner, 1);
    await shred();
    isHealthy = false;
    await expect(keyring.dataKey(owner, 1)).rejects.toThrow(DataKeyMissing);
  });

  it('are not kept when an invalidation arrived while they were read', async () => {
    const reading = keyring.dataKey(owner, 1);
    invalidate({ kind: 'vault', id: owner.id });
    await reading;
    await shred();
    await expect(keyring.dataKey(owner, 1)).rejects.toThrow(DataKeyMissing);
  });

  it('are not kept when the transaction that made them came to nothing', async () => {
    const undone = service.database.transaction(async (transaction) => {
      await keyring.createDataKey(transaction, owner, 2);
      await keyring.dataKey(owner, 2, transaction);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await expect(keyring.dataKey(owner, 2)).rejects.toThrow(DataKeyMissing);
  });
});

describe('a rotation of the data key', () => {
  it('re-encrypts every version, however many batches they make, and values and notes are the same', async () => {
    const { id } = await vaultOf(person);
    const content = JSON.stringify(
      Object.fromEntries(Array.from({ length: 450 }, (_, at) => [`K${at}`, `value ${at}`])),
    );
    expectStatus(await person.client.post(`/vaults/${id}/import`, { format: 'json', content }), 200);
    const secret = await secretOf(person, id, { value: 'first', notes: 'first note' });
    const path = `/vaults/${id}/secrets/${secret.id}`;
    expectStatus(await person.client.patch(path, { value: 'second' }), 200);
    const before = (await person.client.get(`/vaults/${id}/secrets`)).data<SecretAnswer[]>();
    expect(await rotate(id)).toBe(2);
    expect(await keyVersionsOf(id)).toEqual([2]);
    expect((await person.client.get(`/vaults/${id}/secrets`)).data<SecretAnswer[]>()).toEqual(before);
    expect((await person.client.get(`${path}/versions/1`)).data()).toMatchObject({
      value: 'first',
      notes: 'first note',
    });
  });

  it('while secrets are imported, pruned, rolled back and deleted: no deadlock, nothing lost', async () => {
    const { id } = await vaultOf(person, { maxVersions: 2 });
    const entries = (round: number): string =>
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 250 }, (_, at) => [`K${at}`, `round ${round}, ${at}`])),
      );
    const send = async (round: number): Promise<void> => {
      const body = { format: 'json', content: entries(round), onConflict: 'overwrite' };
      expectStatus(await person.client.post(`/vaults/${id}/import`, body), 200);
    };
    await send(0);
    const kept = await secretOf(person, id, { value: 'v' });
    for (let round = 1; round <= 3; round++) {
      const gone = await secretOf(person, id);
      const [version, , rolledBack, deleted] = await Promise.all([
        rotate(id),
        send(round),
        person.client.post(`/vaults/${id}/secrets/${kept.id}/rollback`, { version: round }),
        person.client.delete(`/vaults/${id}/secrets/${gone.id}`),
      ]);
      expect(version).toBe(round + 1);
      expectStatus(rolledBack, 200);
      expectStatus(deleted, 204);
      expect(await keyVersionsOf(id)).toEqual([round + 1]);
    }
    const listed = (await person.client.get(`/vaults/${id}/secrets`)).data<SecretAnswer[]>();
    const imported = listed.filter(({ id: secretId }) => secretId !== kept.id);
    expect(Object.fromEntries(imported.map(({ key, value }) => [key, value]))).toEqual(
      JSON.parse(entries(3)),
    );
  }, 60_000);
});

describe('a search with many matches', () => {
  it('finds the same secrets in the same order, whichever way it goes', async () => {
    const { id } = await vaultOf(person);
    const names = Array.from({ length: 1_200 }, (_, at) => `${at % 2 === 0 ? 'EVEN' : 'ODD'}_${1_200 - at}`);
    const content = JSON.stringify(Object.fromEntries(names.map((name) => [name, 'x'])));
    expectStatus(await person.client.post(`/vaults/${id}/import`, { format: 'json', content }), 200);
    for (const [search, matching] of [
      ['even', names.filter((name) => name.startsWith('EVEN'))],
      ['_99', names.filter((name) => name.includes('_99'))],
    ] as const) {
      const sorted = [...matching].sort();
      const find = async (query: Record<string, string | number>): Promise<[string[], number]> => {
        const reply = await person.client.get(`/vaults/${id}/secrets`, {
          query: { search, sort: 'key', limit: 7, ...query },
        });
        const { data, pagination } = reply.json<{ data: SecretAnswer[]; pagination: { total: number } }>();
        return [data.map(({ key }) => key), pagination.total];
      };
      expect(await find({})).toEqual([sorted.slice(0, 7), sorted.length]);
      expect(await find({ offset: 5 })).toEqual([sorted.slice(5, 12), sorted.length]);
      expect(await find({ offset: 5_000 })).toEqual([[], sorted.length]);
    }
  });
});
