import { mintToken } from '@credvault/crypto/tokens.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import type { Reply } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { organizationOf } from '../support/organizations.js';
import type { Person } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { teamOf } from '../support/teams.js';
import { casesByOperation } from './operation-cases.js';
import {
  contract,
  idParameters,
  keyOf,
  makeWorld,
  membersWithout,
  messageOf,
  prepareToRefuse,
  send,
  unknownId,
  type World,
} from './world.js';

describe('every operation at the door', () => {
  let world: World;
  /** A key of Jane's that may do nothing any operation needs. */
  let idleKey: TestKey;
  /** A key of Jane's for an address that nobody comes from. */
  let distantKey: TestKey;

  beforeAll(async () => {
    world = await makeWorld();
    idleKey = await apiKeyOf(world.jane, { scopes: ['notebook:read'] });
    distantKey = await apiKeyOf(world.jane, { allowedIps: ['192.0.2.1/32'] });
  });

  afterAll(() => world?.service.stop());

  it('has a case in this suite', () => {
    const documented = contract.operations.map(({ id }) => id).sort();
    expect(Object.keys(casesByOperation).sort()).toEqual(documented);
    expect(documented.length).toBeGreaterThan(30);
  });

  const secured = contract.operations.filter(({ isSecured }) => isSecured);

  it.each(secured)('$id without a credential is 401', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const reply = await send(world, operation, prepared, { sender: null });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe('Bearer realm="credvault"');
  });

  it.each(secured)('$id with a token that nobody has is 401', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
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

  it.each(scoped)('$id without the scope $requiredScopes is 403 and names it', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const members = membersWithout(world, operation.requiredScopes);
    for (const token of [idleKey.key, ...members.map((member) => member.token)]) {
      const reply = await send(world, operation, prepared, { token });
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

  it.each(secured)('$id with an API key that does not allow the address is 403', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const reply = await send(world, operation, prepared, { token: distantKey.key });
    expect(reply.status).toBe(403);
    expect(codeOf(reply)).toBe('address_not_allowed');
  });

  const sessionOnly = secured.filter(({ isSessionOnly }) => isSessionOnly);

  it.each(sessionOnly)(
    '$id with a personal token or an API key is 403: it takes a session',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
      for (const token of [prepared.person.token, (await keyOf(prepared.person)).token]) {
        const reply = await send(world, operation, prepared, { token });
        expect(reply.status).toBe(403);
        expect(codeOf(reply)).toBe('session_required');
      }
    },
  );

  const personOnly = secured.filter(({ isPersonOnly }) => isPersonOnly);

  it.each(personOnly)('$id with an API key is 403: it takes a person', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const { token } = await keyOf(prepared.person);
    const reply = await send(world, operation, prepared, { token });
    expect(reply.status).toBe(403);
    expect(codeOf(reply)).toBe('person_required');
  });

  const administratorOnly = secured.filter(({ isAdministratorOnly }) => isAdministratorOnly);

  it.each(administratorOnly)(
    '$id by anybody but an administrator is 403, whether what it names exists or not',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
      const others = [world.mallory, ...Object.values(world.members)];
      const ownKey = (await keyOf(prepared.person)).token;
      for (const token of [ownKey, ...others.flatMap((other) => [other.token, other.session])]) {
        // Wrong input shows that they are refused before it is looked at.
        for (const variation of [{}, { params: unknownIds(operation) }, { query: { colour: 'red' } }]) {
          const reply = await send(world, operation, prepared, { token, ...variation });
          expect(reply.status).toBe(403);
          expect(codeOf(reply)).toBe('administrator_required');
        }
      }
    },
  );

  const apiKeyOnly = secured.filter(({ isApiKeyOnly }) => isApiKeyOnly);

  it.each(apiKeyOnly)(
    '$id with a session or a personal token is 403: it takes an API key',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
      for (const token of [prepared.person.session, prepared.person.token]) {
        const reply = await send(world, operation, prepared, { token });
        expect(reply.status).toBe(403);
        expect(codeOf(reply)).toBe('api_key_required');
      }
    },
  );

  const withIds = secured.filter((operation) => idParameters(operation).length > 0);

  /** Administrators belong to no tenant: to them nothing is foreign. */
  const ofTenants = withIds.filter(({ isAdministratorOnly }) => !isAdministratorOnly);

  it.each(ofTenants)(
    '$id answers the ids of another organization exactly like unknown ones: 404',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
      const foreign = await send(world, operation, prepared, { sender: world.mallory });
      const params = unknownIds(operation);
      const missing = await send(world, operation, prepared, { sender: world.mallory, params });
      expect([foreign.status, missing.status]).toEqual([404, 404]);
      expect(foreign.text.replace(/req_\w+/, '')).toBe(missing.text.replace(/req_\w+/, ''));
      expect(namesOf(foreign.headers)).toEqual(namesOf(missing.headers));
    },
  );

  it.each(withIds)(
    '$id with an id that is unknown, malformed or of another kind is 404',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
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

  const nested = ofTenants.filter((operation) => idParameters(operation).length > 1);

  it.each(nested)('$id reaches nothing through another parent, be it one’s own: 404', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const [{ name: parent } = { name: '' }] = idParameters(operation);
    for (const sender of [world.jane, world.mallory]) {
      const params = { [parent]: await anotherParent(parent, sender) };
      const reply = await send(world, operation, prepared, { sender, params });
      expect(reply.status).toBe(404);
    }
  });
});

/** Something else of the kind that this parameter of a path names, which belongs to `person`. */
async function anotherParent(parameter: string, person: Person): Promise<string> {
  if (parameter === 'vaultId') return (await vaultOf(person)).id;
  if (parameter === 'keyId') return (await apiKeyOf(person)).id;
  if (parameter === 'organizationId') return (await organizationOf(person)).id;
  if (parameter === 'teamId') return (await teamOf(person)).id;
  if (parameter === 'projectId') return (await projectOf(person)).id;
  throw new Error(`Say how to make another ${parameter}.`);
}

/** `details[0].code` of an error answer. */
function codeOf(reply: Reply): string | undefined {
  return reply.json<{ error: { details?: { code: string }[] } }>().error.details?.[0]?.code;
}

/** An id that nothing has in place of each id of its path. */
function unknownIds(operation: DocumentedOperation): Record<string, string> {
  return Object.fromEntries(idParameters(operation).map(({ name, kind }) => [name, unknownId(kind)]));
}

/** Names of headers, without those that differ from answer to answer. */
function namesOf(headers: Record<string, string>): string[] {
  return Object.keys(headers).sort();
}
