import type { ErrorDetail } from '@credvault/http/domain-error.js';
import type { Actor } from './actor.js';
import { AddressRanges } from './address-ranges.js';
import { rightsOfGrants } from './granted-rights.js';
import { narrowedScopes } from './narrowed-scopes.js';
import { assertWithin, RightsTooWide, type Rights } from './rights.js';
import { allScopes } from './scopes.js';
import type { VaultLevel } from './vault-levels.js';

const end = Date.UTC(2030, 0, 1);
const network = new AddressRanges(['203.0.113.0/24']);

function actor(fields: Partial<Actor> = {}): Actor {
  return {
    credentialType: 'api_key',
    credentialId: 'k',
    userId: 'u',
    organizationId: 'o',
    scopes: new Set(['key:manage', 'secret:list']),
    isSuperuser: false,
    paused: false,
    plan: 'free',
    origin: { requestId: 'r', method: 'POST', route: '/api-keys', event: '', recorded: false },
    ...fields,
  };
}

/** Which parts of the rights reach further than the actor; none when they lie within. */
function excess(own: Actor, rights: Partial<Rights>): string[] {
  try {
    assertWithin(own, { scopes: [], ...rights });
    return [];
  } catch (error) {
    if (!(error instanceof RightsTooWide)) throw error;
    return (error.details ?? []).map(({ path }: ErrorDetail) => path);
  }
}

describe('the rights that somebody hands out', () => {
  it('are within those of an actor that nothing narrows', () => {
    expect(excess(actor(), { scopes: ['secret:list', 'key:manage'] })).toEqual([]);
    const narrow: Partial<Rights> = { vaultIds: new Set(['a']), allowedAddresses: network, expiresAt: end };
    expect(excess(actor(), narrow)).toEqual([]);
  });

  it('hold no scope that the actor lacks, and each one is named', () => {
    expect(() => assertWithin(actor(), { scopes: ['secret:list', 'vault:read', 'logs:read'] })).toThrow(
      expect.objectContaining({
        message: 'Insufficient permissions for operation',
        details: [
          { path: 'scopes', code: 'missing_scope', message: 'vault:read' },
          { path: 'scopes', code: 'missing_scope', message: 'logs:read' },
        ],
      }) as Error,
    );
  });

  it('reach no vault that the actor does not', () => {
    const own = actor({ vaultIds: new Set(['a', 'b']) });
    expect(excess(own, { vaultIds: new Set(['a']) })).toEqual([]);
    expect(excess(own, { vaultIds: new Set(['a', 'c']) })).toEqual(['vaultIds']);
    expect(excess(own, { vaultIds: undefined })).toEqual(['vaultIds']);
  });

  it('name no vault beside those of a narrowed actor, whether it is granted by now or not', () => {
    const own = actor({ vaultIds: new Set(['a']), grants: new Map([['a', 'reader']]) });
    const grants = new Map([['a', 'reader']] as const);
    expect(excess(own, { vaultIds: new Set(['a']), grants })).toEqual([]);
    expect(excess(own, { vaultIds: new Set(['a', 'c']), grants })).toEqual(['vaultIds']);
  });

  it('reach no project that is not granted to the actor, nor further into it', () => {
    const own = actor({ grants: new Map(), projects: new Map([['p', 'editor']]) });
    const owned = (id: string, level: VaultLevel): Partial<Rights> => ({
      grants: new Map(),
      projects: new Map([[id, level]]),
    });
    expect(excess(own, owned('p', 'editor'))).toEqual([]);
    expect(excess(own, owned('p', 'manager'))).toEqual(['projectIds']);
    expect(excess(own, owned('q', 'reader'))).toEqual(['projectIds']);
    expect(excess(own, { ...owned('q', 'reader'), vaultIds: new Set() })).toEqual([]);
    expect(excess(actor(), owned('q', 'manager'))).toEqual([]);
    expect(excess(own, { grants: new Map() })).toEqual([]);
    expect(excess(own, {})).toEqual(['vaultIds']);
  });

  it('reach no project from a key that is narrowed to vaults, also not through vaults that it has', () => {
    const own = actor({ vaultIds: new Set(['a']) });
    const bound = { projectIds: new Set(['p']) };
    expect(excess(own, bound)).toEqual(['projectIds']);
    expect(excess(own, { ...bound, grants: new Map(), projects: new Map([['p', 'reader']]) })).toEqual([
      'projectIds',
    ]);
    expect(excess(own, { grants: new Map(), projects: new Map([['p', 'reader']]) })).toEqual(['projectIds']);
    expect(excess(actor({ vaultIds: new Set(['a']), projectIds: new Set(['p']) }), bound)).toEqual([]);
  });

  it('hold no scope that an actor has for its vaults alone, unless they are bound too', () => {
    const own = actor({ vaultIds: new Set(['a']), scopes: new Set(allScopes) });
    const ofNobody: Partial<Rights> = { grants: new Map() };
    for (const scope of allScopes) {
      const isNarrowed = Object.hasOwn(narrowedScopes, scope);
      expect([scope, excess(own, { ...ofNobody, scopes: [scope] })]).toEqual([
        scope,
        isNarrowed ? ['scopes'] : [],
      ]);
      expect(excess(own, { vaultIds: new Set(['a']), scopes: [scope] })).toEqual([]);
      expect(excess(own, { projectIds: new Set(), scopes: [scope] })).toEqual([]);
      expect(excess(actor({ scopes: new Set(allScopes) }), { ...ofNobody, scopes: [scope] })).toEqual([]);
    }
  });

  it('name no project beside those of a narrowed actor, whether it is granted by now or not', () => {
    const projects = new Map([['p', 'reader']] as const);
    const own = actor({ vaultIds: new Set(['a']), projectIds: new Set(['p']), grants: new Map(), projects });
    const named = (...ids: string[]): Partial<Rights> => ({
      projectIds: new Set(ids),
      grants: new Map(),
      projects,
    });
    expect(excess(own, named('p'))).toEqual([]);
    expect(excess(own, named('p', 'q'))).toEqual(['projectIds']);
    expect(excess(own, { ...named('p'), vaultIds: new Set(['b']) })).toEqual(['vaultIds']);
  });

  it('reach no environment that the key of the actor is not for', () => {
    const own = actor({
      vaultIds: new Set(),
      projectIds: new Set(['p']),
      environments: new Set(['dev', 'test']),
    });
    const bound = { projectIds: new Set(['p']) };
    expect(excess(own, { ...bound, environments: new Set(['dev']) })).toEqual([]);
    expect(excess(own, { ...bound, environments: new Set(['dev', 'live']) })).toEqual(['environments']);
    expect(excess(own, bound)).toEqual(['environments']);
    expect(excess(own, { vaultIds: new Set() })).toEqual([]);
  });

  it('of a grant are those of its level, on the vaults that are granted and in the projects', () => {
    const own = (fields: Partial<Actor>): Actor => actor({ scopes: new Set(allScopes), ...fields });
    const vault = rightsOfGrants(new Map([['a', 'reader']]));
    const project = rightsOfGrants(new Map(), new Map([['p', 'manager']]));
    expect([...vault.scopes]).toEqual(['vault:read', 'secret:list', 'secret:read']);
    expect([...project.scopes]).toEqual(expect.arrayContaining(['project:write', 'vault:write']));
    expect(excess(own({ grants: new Map([['a', 'reader']]), projects: new Map() }), vault)).toEqual([]);
    expect(excess(own({ grants: new Map(), projects: new Map([['p', 'manager']]) }), project)).toEqual([]);
    expect(excess(own({ grants: new Map(), projects: new Map([['p', 'editor']]) }), project)).toEqual([
      'projectIds',
    ]);
    expect(excess(own({ vaultIds: new Set(['a']) }), project)).toEqual(['projectIds']);
    expect(excess(own({}), project)).toEqual([]);
  });

  it('reach no address that the actor does not', () => {
    const own = actor({ allowedAddresses: network });
    expect(excess(own, { allowedAddresses: new AddressRanges(['203.0.113.9/32']) })).toEqual([]);
    expect(excess(own, { allowedAddresses: new AddressRanges(['203.0.112.0/23']) })).toEqual(['allowedIps']);
    expect(excess(own, { allowedAddresses: undefined })).toEqual(['allowedIps']);
  });

  it('end no later than the token or key of the actor', () => {
    for (const credentialType of ['api_key', 'api_token'] as const) {
      const own = actor({ credentialType, expiresAt: end });
      expect(excess(own, { expiresAt: end })).toEqual([]);
      expect(excess(own, { expiresAt: end + 1 })).toEqual(['expiresAt']);
      expect(excess(own, { expiresAt: undefined })).toEqual(['expiresAt']);
    }
  });

  it('may end later than a session, which is a person', () => {
    expect(excess(actor({ credentialType: 'session', expiresAt: end }), { expiresAt: undefined })).toEqual(
      [],
    );
  });

  it('name everything that reaches further at once', () => {
    const own = actor({ vaultIds: new Set(['a']), allowedAddresses: network, expiresAt: end });
    expect(excess(own, { scopes: ['logs:read'] })).toEqual(['scopes', 'vaultIds', 'allowedIps', 'expiresAt']);
  });
});
