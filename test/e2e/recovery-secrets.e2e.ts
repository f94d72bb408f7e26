import { uuidOf } from '@credvault/database/typed-id.js';
import { VaultKeyRotationService } from '../../apps/api/src/secrets/vault-key-rotation.service.js';
import { secretOf, vaultOf, type SecretAnswer } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { deletedSecretOf, deletedSecretsOf, noRemains, remainsOf, withdraw } from '../support/recovery.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import { trailOf } from './audit-trail.js';

let service: TestService;
let owner: Person;
let developer: Person;

beforeAll(async () => {
  service = await startTestService();
  owner = await signUp(service, 'Olga');
  developer = await memberOf(service, owner, 'developer');
});
afterAll(() => service.stop());

describe('a deleted secret', () => {
  it('is listed without its value, and comes back with every version', async () => {
    const vault = await vaultOf(owner);
    await secretOf(owner, vault.id, { key: 'STAYS' });
    const secret = await secretOf(owner, vault.id, { key: 'GOES', value: 'first', notes: 'noted' });
    const path = `/vaults/${vault.id}/secrets/${secret.id}`;
    expectStatus(await owner.client.patch(path, { value: 'second' }), 200);
    await withdraw(owner, path);
    expectStatus(await owner.client.get(path), 404);
    expect((await owner.client.get(`/vaults/${vault.id}`)).data()).toMatchObject({ secretCount: 1 });
    const [listed] = await deletedSecretsOf(owner, vault.id);
    expect(listed).toMatchObject({ id: secret.id, key: 'GOES', type: 'text', version: 2 });
    expect(listed).toMatchObject({ deletedBy: owner.userId, createdAt: secret.createdAt });
    expect(Object.keys(listed ?? {})).not.toContain('value');

    const restored = await owner.client.post(`/vaults/${vault.id}/deleted-secrets/${secret.id}/restore`);
    const answer = expectStatus(restored, 200).data<SecretAnswer>();
    expect(answer).toMatchObject({ id: secret.id, key: 'GOES', version: 2, createdAt: secret.createdAt });
    expect([answer.value, answer.notes]).toEqual([undefined, undefined]);
    const read = expectStatus(await owner.client.get(path), 200);
    expect(read.data()).toMatchObject({ value: 'second', notes: 'noted' });
    expect(read.headers.etag).toBe(restored.headers.etag);
    expect((await owner.client.get(`${path}/versions/1`)).data()).toMatchObject({ value: 'first' });
    expect((await owner.client.get(`/vaults/${vault.id}`)).data()).toMatchObject({ secretCount: 2 });
    expect(await remainsOf(service, vault.id)).toEqual({ ...noRemains, keys: 1 });
    const records = (await trailOf(owner, { resource: secret.id })).filter(({ type }) =>
      ['secret.deleted', 'secret.restored'].includes(type),
    );
    expect(records.map(({ type, details }) => [type, details])).toEqual([
      ['secret.deleted', { restorableUntil: listed?.restorableUntil }],
      ['secret.restored', { version: 2, renamed: false }],
    ]);
  });

  it('whose name is taken needs another one', async () => {
    const vault = await vaultOf(owner);
    const secret = await secretOf(owner, vault.id, { key: 'TOKEN', value: 'old' });
    await withdraw(owner, `/vaults/${vault.id}/secrets/${secret.id}`);
    await secretOf(owner, vault.id, { key: 'TOKEN', value: 'new' });
    const restore = `/vaults/${vault.id}/deleted-secrets/${secret.id}/restore`;
    for (const body of [undefined, { key: 'TOKEN' }]) {
      const refused = expectStatus(await owner.client.post(restore, body), 409);
      expect(refused.body).toMatchObject({ error: { details: [{ path: 'key', code: 'duplicate' }] } });
    }
    expect((await owner.client.get(`/vaults/${vault.id}`)).data()).toMatchObject({ secretCount: 1 });
    expectStatus(await owner.client.post(restore, { key: ' padded ' }), 400);
    const restored = expectStatus(await owner.client.post(restore, { key: 'TOKEN_OLD' }), 200);
    expect(restored.data()).toMatchObject({ id: secret.id, key: 'TOKEN_OLD' });
    const read = await owner.client.get(`/vaults/${vault.id}/secrets/${secret.id}`);
    expect(read.data()).toMatchObject({ key: 'TOKEN_OLD', value: 'old' });
  });

  it('is for those who may write the secrets of the vault', async () => {
    const vault = await vaultOf(owner);
    const secret = await deletedSecretOf(owner, vault.id);
    const other = await vaultOf(owner);
    const [reader, editor] = [await memberOf(service, owner, 'developer'), developer];
    await grantTo(owner, vault.id, reader, 'reader');
    await grantTo(owner, vault.id, editor, 'editor');
    const path = `/vaults/${vault.id}/deleted-secrets`;
    expectStatus(await reader.client.get(path), 403);
    expectStatus(await reader.client.post(`${path}/${secret.id}/restore`), 403);
    expectStatus(await reader.client.delete(`${path}/${secret.id}`), 403);
    const elsewhere = `/vaults/${other.id}/deleted-secrets/${secret.id}`;
    expectStatus(await owner.client.post(`${elsewhere}/restore`), 404);
    expectStatus(await owner.client.delete(elsewhere), 404);
    expect(await deletedSecretsOf(editor, vault.id)).toHaveLength(1);
    expectStatus(await editor.client.post(`${path}/${secret.id}/restore`), 200);
    expectStatus(await editor.client.post(`${path}/${secret.id}/restore`), 404);
  });

  it('can be deleted for good at once', async () => {
    const vault = await vaultOf(owner);
    const secret = await deletedSecretOf(owner, vault.id);
    const path = `/vaults/${vault.id}/deleted-secrets/${secret.id}`;
    expectStatus(await owner.client.delete(path), 204);
    expect(await remainsOf(service, vault.id)).toEqual({ ...noRemains, keys: 1 });
    expectStatus(await owner.client.delete(path), 404);
    expectStatus(await owner.client.post(`${path}/restore`), 404);
    const [record] = (await trailOf(owner, { type: 'secret.purged' })).filter(
      (one) => one.vaultId === vault.id,
    );
    expect(record?.resource?.ids).toEqual([secret.id]);
  });

  it('is re-encrypted when the key of its vault is rotated', async () => {
    const vault = await vaultOf(owner);
    await secretOf(owner, vault.id);
    const secret = await deletedSecretOf(owner, vault.id);
    const told: number[] = [];
    const rotation = service.app.get(VaultKeyRotationService, { strict: false });
    expect(await rotation.rotate(uuidOf('vault', vault.id) ?? '', (number) => told.push(number))).toBe(2);
    expect(told.at(-1)).toBe(3);
    expect(await remainsOf(service, vault.id)).toMatchObject({ versions: 2, keys: 1 });
    expectStatus(await owner.client.post(`/vaults/${vault.id}/deleted-secrets/${secret.id}/restore`), 200);
    const path = `/vaults/${vault.id}/secrets/${secret.id}`;
    expect((await owner.client.get(path)).data()).toMatchObject({ value: 'second', notes: 'noted' });
    expect((await owner.client.get(`${path}/versions/1`)).data()).toMatchObject({ value: 'first' });
  });
});
