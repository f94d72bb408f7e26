import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';
import type { Actor } from './actor.js';
import type { AddressRanges } from './address-ranges.js';
import type { Scope } from './scopes.js';

/** What a credential can do at most; undefined: not narrowed. */
export interface Rights {
  scopes: Iterable<Scope>;
  vaultIds?: ReadonlySet<string>;
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
  if (actor.vaultIds && !isSubset(rights.vaultIds, actor.vaultIds)) {
    details.push({ path: 'vaultIds', code: 'too_wide', message: 'reach beyond the vaults of your own key' });
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

function isSubset(inner: ReadonlySet<string> | undefined, outer: ReadonlySet<string>): boolean {
  return inner !== undefined && [...inner].every((id) => outer.has(id));
}
