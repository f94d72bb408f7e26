import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { scopesAsMember } from '@credvault/access/narrowed-scopes.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { DomainError } from '@credvault/http/domain-error.js';

/** The parameter of a path that names a member, or a role for all who have it. */
type Named = 'memberId' | 'serviceAccountId' | 'roleId';

/** A member can do more than whoever wants to change or remove them, as an owner can more than an admin. */
export class MemberOutranks extends DomainError {
  constructor(path: Named) {
    const what =
      path === 'roleId'
        ? 'is the role of members who can do more than you'
        : 'has a role that can do more than you';
    super('FORBIDDEN', 'Insufficient permissions for operation', {
      details: [{ path, code: 'outranks', message: what }],
    });
  }
}

/**
 * Nobody changes, removes or narrows somebody whose role can do more than they can.
 *
 * @throws MemberOutranks
 */
export function assertNotOutranked(
  actor: Actor,
  { scopes, grants }: Pick<MemberRights, 'scopes' | 'grants'>,
  path: Named,
): void {
  const reachesFurther = grants === undefined && knownVaults(actor) !== undefined;
  if (scopes.isSubsetOf(scopesAsMember(actor)) && !reachesFurther) return;
  actor.origin.remark = 'member outranks';
  throw new MemberOutranks(path);
}
