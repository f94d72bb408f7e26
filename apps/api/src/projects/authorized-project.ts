import type { Actor } from '@credvault/access/actor.js';

const proof = Symbol('only the projects service makes these');

/**
 * Proof that an actor may do something with a project, as `AuthorizedVault` is for vaults: it proves the right, not that the
 * project exists.
 */
export class AuthorizedProject {
  private constructor(
    readonly actor: Actor,
    readonly id: string,
  ) {}

  static [proof](actor: Actor, id: string): AuthorizedProject {
    return new AuthorizedProject(actor, id);
  }

  get organizationId(): string {
    return this.actor.organizationId;
  }
}

/** Makes the proof. For the projects service alone: everyone else asks `ProjectsService.authorize`. */
export function proveAuthorized(actor: Actor, projectId: string): AuthorizedProject {
  return AuthorizedProject[proof](actor, projectId);
}
