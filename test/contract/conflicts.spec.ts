import { uuidOf } from '@credvault/database/typed-id.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
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

  it('finishSignIn: 401 for a challenge that is unknown and for a wrong code', async () => {
    expect(await answer('finishSignIn', { challengeToken: 'cvmfa_unknown', code: '123456' })).toBe(401);
    const operation = contract.operation('finishSignIn');
    const prepared = await prepare(world, operation);
    const body = { ...prepared.body, code: undefined, recoveryCode: '0000-0000-0000-0000' };
    expect((await send(world, operation, prepared, { body })).status).toBe(401);
  });

  it.each(['confirmTotp', 'replaceRecoveryCodes', 'disableMfa'])(
    '%s: 409 where there is no second factor to do it with',
    async (id) => {
      const operation = contract.operation(id);
      const prepared = await prepare(world, operation);
      await world.service.database.rows(`DELETE FROM authenticators WHERE user_id = $1`, [
        uuidOf('user', prepared.person.userId),
      ]);
      expect((await send(world, operation, prepared)).status).toBe(409);
    },
  );

  it('changeEmail: 403 for a wrong password', async () => {
    const body = { newEmail: 'new@example.com', currentPassword: 'not the password' };
    expect(await answer('changeEmail', body)).toBe(403);
  });

  it('confirmEmail: 403 for a token that is wrong, 409 for an address that somebody has got meanwhile', async () => {
    expect(await answer('confirmEmail', { token: 'cvemail_wrong' })).toBe(403);
    const operation = contract.operation('confirmEmail');
    const prepared = await prepare(world, operation);
    await world.service.database.rows(
      `UPDATE account_links SET email = $1 WHERE purpose = 'email_change' AND user_id = $2`,
      [world.jane.email, uuidOf('user', prepared.person.userId)],
    );
    expect((await send(world, operation, prepared)).status).toBe(409);
  });

  it('switchOrganization: 404 where one is no member, 409 to where one acts', async () => {
    expect(await answer('switchOrganization', { organizationId: world.mallory.organizationId })).toBe(404);
    const operation = contract.operation('switchOrganization');
    const prepared = await prepare(world, operation);
    const body = { organizationId: prepared.person.organizationId };
    expect((await send(world, operation, prepared, { body })).status).toBe(409);
  });

  it('deleteOrganization: 409 for one that is not empty, 400 for a confirmation that names another', async () => {
    const operation = contract.operation('deleteOrganization');
    const prepared = await prepare(world, operation);
    await vaultOf(prepared.person);
    expect((await send(world, operation, prepared)).status).toBe(409);
    const query = { force: 'true', name: 'Another' };
    expect((await send(world, operation, prepared, { query })).status).toBe(400);
  });

  it('updateMember and removeMember: 409 for the last owner', async () => {
    const { mallory } = world;
    const params = { organizationId: mallory.organizationId, memberId: mallory.userId };
    const owner = { person: mallory, params };
    const change = contract.operation('updateMember');
    expect((await send(world, change, { ...owner, body: { role: 'viewer' } })).status).toBe(409);
    const { organizationId, memberId } = params;
    const left = await mallory.sessionClient.delete(`/organizations/${organizationId}/members/${memberId}`);
    expect(left.status).toBe(409);
  });

  it('createInvitation: 409 for the address of a member', async () => {
    expect(await answer('createInvitation', { email: world.jane.email, role: 'viewer' })).toBe(409);
  });

  it('acceptInvitation and acceptOwnInvitation: 403 for a token that is wrong, 409 for a member', async () => {
    const wrong = { token: 'cvinv_wrong' };
    expect(await answer('acceptOwnInvitation', wrong)).toBe(403);
    expect(await answer('acceptInvitation', { ...wrong, password, name: 'Bob' })).toBe(403);
    const operation = contract.operation('acceptOwnInvitation');
    const { person, body } = await prepare(world, operation);
    await world.service.database.rows(
      `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`,
      [uuidOf('organization', world.jane.organizationId), uuidOf('user', person.userId)],
    );
    expect((await send(world, operation, { person, params: {}, body })).status).toBe(409);
    expect(await answer('acceptInvitation', { ...body, password })).toBe(409);
  });

  it('deleteServiceAccount: 409 for one that owns keys', async () => {
    const operation = contract.operation('deleteServiceAccount');
    const prepared = await prepare(world, operation);
    await apiKeyOf(world.jane, { ownerId: prepared.params.serviceAccountId });
    expect((await send(world, operation, prepared)).status).toBe(409);
    expect((await send(world, operation, { ...prepared, query: { keys: 'revoke' } })).status).toBe(204);
  });

  it('deleteProject and deleteEnvironment: 409 while vaults belong to them; updateVault and createVault: 409 beside one', async () => {
    const operation = contract.operation('deleteEnvironment');
    const prepared = await prepare(world, operation);
    const { projectId = '', environmentName: environment } = prepared.params;
    const place = { projectId, environment };
    await vaultOf(world.jane, place);
    expect((await send(world, operation, prepared)).status).toBe(409);
    expect((await send(world, contract.operation('deleteProject'), prepared)).status).toBe(409);
    expect(await answer('createVault', { name: 'Second', ...place })).toBe(409);
    expect(await answer('updateVault', place)).toBe(409);
  });

  it('createEnvironment and updateEnvironment: 409 for a name that the project has', async () => {
    expect(await answer('createEnvironment', { name: 'production' })).toBe(409);
    expect(await answer('updateEnvironment', { name: 'production' })).toBe(409);
  });

  it('createProjectGrant: 409 for a member to whom the project is granted', async () => {
    const memberId = world.members.viewer.userId;
    expect(await answer('createProjectGrant', { memberId, level: 'reader' })).toBe(409);
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
