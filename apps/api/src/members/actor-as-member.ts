import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';

/**
 * An actor with no more rights than a membership gives them.
 *
 * @param rights what they may do as a member, read after a lock; undefined: they are no member any more
 */
export function actorAsMember(actor: Actor, rights: MemberRights | undefined): Actor {
  const scopes = actor.scopes.intersection(rights?.scopes ?? new Set());
  const { grants, projects } = rights ?? { grants: new Map(), projects: new Map() };
  return { ...actor, scopes, grants, projects };
}
