import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';
import type { Actor } from './actor.js';
import type { AddressRanges } from './address-ranges.js';
import { scopesAsMember } from './narrowed-scopes.js';
import { grantOfProject, knownProjects, type ProjectReach } from './project-levels.js';
import type { Scope } from './scopes.js';
import { knownVaults, rankOf, reachInto, type VaultLevel } from './vault-levels.js';

/** What a credential can do at most; undefined: not narrowed. Names vaults and projects by UUID, as `Principal` does. */
export interface Rights {
  scopes: Iterable<Scope>;
  /** The only vaults it is for. The vaults of `projectIds` need not be among them. */
  vaultIds?: ReadonlySet<string>;
  /** What is granted to whoever owns it; undefined: every vault and every project. */
  grants?: ReadonlyMap<string, VaultLevel>;
  /**
   * The projects that are granted to whoever owns it, and with each one the vaults that it will have; undefined beside
   * `grants`: none. What names `vaultIds` reaches those of them alone that are in `projectIds`.
   */
  projects?: ReadonlyMap<string, VaultLevel>;
  /** The only projects it is for, beside `vaultIds`. */
  projectIds?: ReadonlySet<string>;
  /** The only environments of `projectIds` it is for. */
  environments?: ReadonlySet<string>;
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
 * actor's own. A session is a person, whose rights do not end with the session; a token and a key end. What names no vaults is of a
 * member or a role, and takes having its scopes as a member has them (`narrowedScopes`).
 *
 * @throws RightsTooWide naming what reaches further
 */
export function assertWithin(actor: Actor, asked: Rights): void {
  const rights = narrowed(asked);
  const own = rights.vaultIds ? actor.scopes : scopesAsMember(actor);
  const details: ErrorDetail[] = [...rights.scopes]
    .filter((scope) => !own.has(scope))
    .map((scope) => ({ path: 'scopes', code: 'missing_scope', message: scope }));
  if (!reachesVaultsOf(actor, rights)) {
    details.push({ path: 'vaultIds', code: 'too_wide', message: 'reach beyond the vaults that you reach' });
  }
  if (!reachesProjectsOf(actor, rights)) {
    details.push({
      path: 'projectIds',
      code: 'too_wide',
      message: 'reach beyond the projects that you reach',
    });
  }
  if (!reachesEnvironmentsOf(actor, rights)) {
    details.push({
      path: 'environments',
      code: 'too_wide',
      message: 'reach beyond the environments of your own key',
    });
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

/**
 * Whether an actor reaches every vault of these rights, and each at least as far. The vaults that both name count also where
 * they are not granted by now: a later grant would reach them.
 */
function reachesVaultsOf(actor: Actor, rights: Rights): boolean {
  if (actor.vaultIds && rights.vaultIds?.isSubsetOf(actor.vaultIds) === false) return false;
  if (knownVaults(actor) === undefined) return true;
  const vaults = knownVaults(rights);
  return vaults !== undefined && [...vaults].every((id) => rank(actor, id) >= rank(rights, id));
}

function rank(rights: Pick<Rights, 'vaultIds' | 'grants'>, vaultId: string): number {
  const level = reachInto(rights, vaultId);
  return level === undefined ? 0 : rankOf(level);
}

/**
 * As `reachesVaultsOf`, for the projects: whoever hands one out hands out vaults that nobody has put there yet. What reaches
 * everything was refused for its vaults already.
 */
function reachesProjectsOf(actor: Actor, rights: Rights): boolean {
  const own = actor.vaultIds && (actor.projectIds ?? new Set());
  if (own && rights.projectIds?.isSubsetOf(own) === false) return false;
  if (knownProjects(actor) === undefined) return true;
  const projects = knownProjects(rights) ?? [];
  return [...projects].every((id) => projectRank(actor, id) >= projectRank(rights, id));
}

/** A key that is for some environments makes none that is for others, or for whole projects. */
function reachesEnvironmentsOf({ environments }: Actor, rights: Rights): boolean {
  if (environments === undefined || knownProjects(rights)?.size === 0) return true;
  return rights.environments?.isSubsetOf(environments) === true;
}

function projectRank(reach: ProjectReach, projectId: string): number {
  const level = grantOfProject(reach, projectId);
  return level === undefined ? 0 : rankOf(level);
}

/** What names projects alone is for no vault beside them. */
function narrowed(rights: Rights): Rights {
  return rights.projectIds && !rights.vaultIds ? { ...rights, vaultIds: new Set() } : rights;
}
