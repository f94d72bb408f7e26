import type { ErrorDetail } from '@credvault/http/domain-error.js';
import type { Actor } from './actor.js';
import { AddressRanges } from './address-ranges.js';
import { assertWithin, RightsTooWide, type Rights } from './rights.js';

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
