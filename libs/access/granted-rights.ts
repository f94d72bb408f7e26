import type { Rights } from './rights.js';
import { allScopes } from './scopes.js';
import { levelAllows, type VaultLevel } from './vault-levels.js';

/**
 * What grants give at most, whatever the role of whoever gets them: to hand them out, one must have all of it oneself.
 *
 * @param grants levels by the UUID of the vault
 */
export function rightsOfGrants(grants: ReadonlyMap<string, VaultLevel>): Rights {
  const levels = new Set(grants.values());
  const scopes = allScopes.filter((scope) => [...levels].some((level) => levelAllows(level, scope)));
  return { scopes, vaultIds: new Set(grants.keys()), grants };
}
