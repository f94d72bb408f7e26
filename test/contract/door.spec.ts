import { mintToken } from '@credvault/crypto/tokens.js';
import { vaultOf } from '../support/fixtures.js';
import { casesByOperation } from './operation-cases.js';
import {
  contract,
  idParameters,
  makeWorld,
  membersWithout,
  messageOf,
  prepare,
  send,
  unknownId,
  type World,
} from './world.js';

describe('every operation at the door', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  it('has a case in this suite', () => {
    const documented = contract.operations.map(({ id }) => id).sort();
    expect(Object.keys(casesByOperation).sort()).toEqual(documented);
    expect(documented.length).toBeGreaterThan(30);
  });

  const secured = contract.operations.filter(({ isSecured }) => isSecured);

  it.each(secured)('$id without a credential is 401', async (operation) => {
    const prepared = await prepare(world, operation);
    const reply = await send(world, operation, prepared, { sender: null });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="credvault"');
  });

  it.each(secured)('$id with a token that nobody has is 401', async (operation) => {
    const prepared = await prepare(world, operation);
    for (const token of [
      mintToken('ck_live_'),
      mintToken('cvs_'),
      'ck_live_garbage',
      prepared.person.refreshToken,
    ]) {
      const reply = await send(world, operation, prepared, { sender: null, token });
      expect(reply.status).toBe(401);
      expect(messageOf(reply)).toBe('Invalid or expired API token.');
      expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
    }
  });

  const scoped = secured.filter(({ requiredScopes }) => requiredScopes.length > 0);

  it.each(scoped)('$id by a role without $requiredScopes is 403 and names the scope', async (operation) => {
    const prepared = await prepare(world, operation);
    const members = membersWithout(world, operation.requiredScopes);
    expect(members.length).toBeGreaterThan(0);
    for (const sender of members) {
      const reply = await send(world, operation, prepared, { sender });
      expect(reply.status).toBe(403);
      const details = operation.requiredScopes.map((message) => ({
        path: 'scope',
        code: 'missing_scope',
        message,
      }));
      expect(reply.body).toMatchObject({ error: { code: 'FORBIDDEN', details } });
      expect(reply.headers['www-authenticate']).toContain(`scope="${operation.requiredScopes.join(' ')}"`);
    }
  });

  const sessionOnly = secured.filter(({ isSessionOnly }) => isSessionOnly);

  it.each(sessionOnly)('$id with a personal token is 403: it takes a session', async (operation) => {
    const prepared = await prepare(world, operation);
    const reply = await send(world, operation, prepared, { token: prepared.person.token });
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({ error: { details: [{ code: 'session_required' }] } });
  });

  const withIds = secured.filter((operation) => idParameters(operation).length > 0);

  it.each(withIds)(
    '$id answers the ids of another organization exactly like unknown ones: 404',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const foreign = await send(world, operation, prepared, { sender: world.mallory });
      const unknown = Object.fromEntries(
        idParameters(operation).map(({ name, kind }) => [name, unknownId(kind)]),
      );
      const missing = await send(world, operation, prepared, { sender: world.mallory, params: unknown });
      expect([foreign.status, missing.status]).toEqual([404, 404]);
      expect(foreign.text.replace(/req_\w+/, '')).toBe(missing.text.replace(/req_\w+/, ''));
      expect(namesOf(foreign.headers)).toEqual(namesOf(missing.headers));
    },
  );

  it.each(withIds)(
    '$id with an id that is unknown, malformed or of another kind is 404',
    async (operation) => {
      const prepared = await prepare(world, operation);
      for (const { name, kind } of idParameters(operation)) {
        const otherKind = unknownId(kind === 'vault' ? 'secret' : 'vault');
        const upperCase = prepared.params[name]?.toUpperCase() ?? '';
        for (const id of [unknownId(kind), otherKind, upperCase, 'nonsense', '0', 'a%00b', "' OR 1=1"]) {
          const reply = await send(world, operation, prepared, { params: { [name]: id } });
          expect({ id, status: reply.status }).toEqual({ id, status: 404 });
        }
      }
    },
  );

  const nested = withIds.filter((operation) => idParameters(operation).length > 1);

  it.each(nested)('$id reaches nothing through another vault, be it one’s own: 404', async (operation) => {
    const prepared = await prepare(world, operation);
    const otherVault = await vaultOf(world.jane);
    const reply = await send(world, operation, prepared, { params: { vaultId: otherVault.id } });
    expect(reply.status).toBe(404);
    const strangersVault = await vaultOf(world.mallory);
    const params = { vaultId: strangersVault.id };
    const foreign = await send(world, operation, prepared, { sender: world.mallory, params });
    expect(foreign.status).toBe(404);
  });
});

/** Names of headers, without those that differ from answer to answer. */
function namesOf(headers: Record<string, string>): string[] {
  return Object.keys(headers).sort();
}
