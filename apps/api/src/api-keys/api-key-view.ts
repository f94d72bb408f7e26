import type { MemberKind } from '@credvault/access/member-id.js';
import { vaultLevels } from '@credvault/access/vault-levels.js';
import type { KeyGrant } from './api-key-binding.js';
import type { ApiKey } from './api-key.entity.js';

/** Who owns a key or may own one. */
export interface KeyOwner {
  userId: string;
  ownerKind: MemberKind;
  ownerName: string;
}

/**
 * A key as it is shown: with its owner, what is granted to it, and the secret before the present one, if there is one.
 */
export interface ApiKeyView extends ApiKey, KeyOwner {
  creatorKind: MemberKind;
  /** The longest lifetime that its organization allows, in days; null: any. */
  maxLifetimeDays: number | null;
  granted: KeyGrant[];
  previousHint: string | null;
  previousEndsAt: Date | null;
  previousLastUsedAt: Date | null;
}

/** The names of the levels, for the ranks that the database keeps. */
const levelNames = `ARRAY[${vaultLevels.map((level) => `'${level}'`).join(', ')}]`;

/** Columns for a statement that has `keysAsShown` in its FROM. */
export const keyColumns = `k.organization_id AS "organizationId", k.id, k.user_id AS "userId", k.created_by AS "createdBy", k.name,
  k.description, k.hint, k.scopes, k.vault_ids AS "vaultIds", k.project_ids AS "projectIds", k.environments,
  k.allowed_ips AS "allowedIps",
  k.expires_at AS "expiresAt", k.paused_at AS "pausedAt", k.last_used_at AS "lastUsedAt",
  k.last_rotated_at AS "lastRotatedAt", k.rotation_due_at AS "rotationDueAt",
  k.rotation_due_noted AS "rotationDueNoted", k.revision, k.created_at AS "createdAt", k.updated_at AS "updatedAt",
  o.max_key_lifetime_days AS "maxLifetimeDays",
  coalesce(u.kind, 'person') AS "ownerKind", coalesce(u.name, '') AS "ownerName",
  coalesce(c.kind, 'person') AS "creatorKind", s.hint AS "previousHint", s.ends_at AS "previousEndsAt", s.last_used_at AS "previousLastUsedAt",
  coalesce((
    SELECT json_agg(json_build_object('vaultId', g.vault_id, 'projectId', g.project_id, 'level', (${levelNames})[g.level]))
    FROM grants g WHERE g.organization_id = k.organization_id AND g.api_key_id = k.id
  ), '[]') AS granted`;

/** A key has at most one secret that has an end. */
export const keysAsShown = `api_keys k
  JOIN organizations o ON o.id = k.organization_id
  LEFT JOIN users u ON u.id = k.user_id
  LEFT JOIN users c ON c.id = k.created_by
  LEFT JOIN api_key_secrets s
    ON s.organization_id = k.organization_id AND s.api_key_id = k.id AND s.ends_at IS NOT NULL`;
