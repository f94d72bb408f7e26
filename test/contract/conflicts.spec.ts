import { secretOf, vaultOf } from '../support/fixtures.js';
import { password } from '../support/people.js';
import { contract, makeWorld, prepare, send, type World } from './world.js';

/** The documented answers that follow from what an operation does, and not from how it is called. */
describe('what single operations refuse', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  async function answer(id: string, body: Record<string, unknown>): Promise<number> {
    const operation = contract.operation(id);
    return (await send(world, operation, await prepare(world, operation), { body })).status;
  }

  it('register: 409 for an e-mail address that is taken, in any case; 403 for a wrong setup token', async () => {
    const account = { password, name: 'Jane Again' };
    expect(await answer('register', { ...account, email: world.jane.email.toUpperCase() })).toBe(409);
    const setupToken = 'cvsetup_wrong';
    expect(await answer('register', { ...account, email: 'new@example.com', setupToken })).toBe(403);
  });

  it('login: 401 for a wrong password and for an unknown account', async () => {
    expect(await answer('login', { email: world.jane.email, password: 'not the password' })).toBe(401);
    expect(await answer('login', { email: 'nobody@example.com', password })).toBe(401);
  });

  it('refresh: 409 for the token that was just exchanged, 401 for an unknown one', async () => {
    const operation = contract.operation('refresh');
    const prepared = await prepare(world, operation);
    expect((await send(world, operation, prepared)).status).toBe(200);
    expect((await send(world, operation, prepared)).status).toBe(409);
    expect(await answer('refresh', { refreshToken: 'cvr_unknown' })).toBe(401);
  });

  it('resetPassword: 403 for a token that is wrong', async () => {
    expect(await answer('resetPassword', { token: 'cvreset_wrong', newPassword: password })).toBe(403);
  });

  it('createSecret and updateSecret: 409 for a key that the vault has', async () => {
    const { jane } = world;
    const vault = await vaultOf(jane);
    await secretOf(jane, vault.id, { key: 'TAKEN' });
    const other = await secretOf(jane, vault.id, { key: 'OTHER' });
    const created = await jane.client.post(`/vaults/${vault.id}/secrets`, { key: 'TAKEN', value: '' });
    expect(created.status).toBe(409);
    const renamed = await jane.client.patch(`/vaults/${vault.id}/secrets/${other.id}`, { key: 'TAKEN' });
    expect(renamed.status).toBe(409);
  });

  it('importSecrets: 409 for names that are taken; nothing is imported', async () => {
    const { jane } = world;
    const vault = await vaultOf(jane);
    await secretOf(jane, vault.id, { key: 'TAKEN' });
    const body = { format: 'json', content: '{"NEW":"1","TAKEN":"2"}', onConflict: 'fail' };
    const reply = await jane.client.post(`/vaults/${vault.id}/import`, body);
    expect(reply.status).toBe(409);
    expect(reply.text).toContain('TAKEN');
    const listed = await jane.client.get(`/vaults/${vault.id}/secrets`, { query: { reveal: false } });
    expect(listed.data<unknown[]>()).toHaveLength(1);
  });

  it('exportSecrets: 409 for what dotenv cannot express, a file in every format for others', async () => {
    const { jane } = world;
    const vault = await vaultOf(jane);
    for (const format of ['dotenv', 'json', 'yaml']) {
      expect((await jane.client.get(`/vaults/${vault.id}/export`, { query: { format } })).status).toBe(200);
    }
    await secretOf(jane, vault.id, { key: 'no name for dotenv' });
    const reply = await jane.client.get(`/vaults/${vault.id}/export`, { query: { format: 'dotenv' } });
    expect(reply.status).toBe(409);
    expect(reply.text).toContain('no name for dotenv');
  });
});
