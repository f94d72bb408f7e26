import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';
import type { Actor } from './actor.js';
import type { AddressRanges } from './address-ranges.js';
import type { Scope } from './scopes.js';
import { knownVaults, rankOf, reachInto, type VaultLevel } from './vault-levels.js';

/** What a credential can do at most; undefined: not narrowed. */
export interface Rights {
  scopes: Iterable<Scope>;
  vaultIds?: ReadonlySet<string>;
  /** What is granted to whoever owns it; undefined: every vault. */
  grants?: ReadonlyMap<string, VaultLevel>;
  allowedAddresses?: AddressRanges;
  /** Milliseconds since the epoch; undefined: never ends. */
  expiresAt?: number;
}

/** Somebody wants to hand out more than they have. */
export class RightsTooWide extends DomainError {
  constructor(details: ErrorDetail[]) {
    super('FORBIDDEN', 'Insufficient permissions for operation', { details });
  }
}

/**
 * Nobody grants more than they have: the rights of what is made, rotated, resumed, extended or widened must lie within the
 * actor's own. A session is a person, whose rights do not end with the session; a token and a key end.
 *
 * @throws RightsTooWide naming what reaches further
 */
export function assertWithin(actor: Actor, rights: Rights): void {
  const details: ErrorDetail[] = [...rights.scopes]
    .filter((scope) => !actor.scopes.has(scope))
    .map((scope) => ({ path: 'scopes', code: 'missing_scope', message: scope }));
  if (!reachesAsFar(actor, rights)) {
    details.push({ path: 'vaultIds', code: 'too_wide', message: 'reach beyond the vaults that you reach' });
  }
  if (actor.allowedAddresses && rights.allowedAddresses?.isWithin(actor.allowedAddresses) !== true) {
    details.push({
      path: 'allowedIps',
      code: 'too_wide',
      message: 'reach beyond the addresses of your own key',
    });
  }
  const ownEnd = actor.credentialType === 'session' ? undefined : actor.expiresAt;
  if (ownEnd !== undefined && (rights.expiresAt === undefined || rights.expiresAt > ownEnd)) {
    details.push({
      path: 'expiresAt',
      code: 'too_wide',
      message: 'is later than the end of your own credential',
    });
  }
  if (details.length > 0) throw new RightsTooWide(details);
}

/** Whether an actor reaches every vault of these rights, and each at least as far. */
function reachesAsFar(actor: Actor, rights: Rights): boolean {
  if (knownVaults(actor) === undefined) return true;
  const vaults = knownVaults(rights);
  return vaults !== undefined && [...vaults].every((id) => rank(actor, id) >= rank(rights, id));
}

function rank(rights: Pick<Rights, 'vaultIds' | 'grants'>, vaultId: string): number {
  const level = reachInto(rights, vaultId);
  return level === undefined ? 0 : rankOf(level);
}
