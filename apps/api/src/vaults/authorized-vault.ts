import type { Actor } from '@credvault/access/actor.js';
import type { Scope } from '@credvault/access/scopes.js';
import { levelAllows, type VaultLevel } from '@credvault/access/vault-levels.js';
import type { KeyOwner } from '@credvault/crypto/keyring.js';

const proof = Symbol('only the vaults service makes these');

/**
 * Proof that an actor may do something with a vault. Repositories of vaults and secrets take it in place of an id, so
 * that a query without authorization cannot be written. It proves the right, not that the vault exists: every statement
 * is bound to the organization and the vault named here, and finds nothing in any other.
 */
export class AuthorizedVault {
  private constructor(
    readonly actor: Actor,
    readonly id: string,
    private readonly level: VaultLevel,
  ) {}

  static [proof](actor: Actor, id: string, level: VaultLevel): AuthorizedVault {
    return new AuthorizedVault(actor, id, level);
  }

  get organizationId(): string {
    return this.actor.organizationId;
  }

  /** Whose data keys encrypt this vault. */
  get keyOwner(): KeyOwner {
    return { organizationId: this.organizationId, type: 'vault', id: this.id };
  }

  /** Whether the actor may do something else with this vault too. */
  allows(scope: Scope): boolean {
    return this.actor.scopes.has(scope) && levelAllows(this.level, scope);
  }
}

/** Makes the proof. For the vaults service alone: everyone else asks `VaultsService.authorize`. */
export function proveAuthorized(actor: Actor, vaultId: string, level: VaultLevel): AuthorizedVault {
  return AuthorizedVault[proof](actor, vaultId, level);
}
