import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { Transaction } from '@credvault/database/database.js';
import { VaultParts, type VaultPart, type VaultPlace } from '../vaults/vault-parts.js';

interface Grantee {
  userId: string | null;
  teamId: string | null;
  apiKeyId: string | null;
}

const columns = `organization_id, id, vault_id, user_id, team_id, api_key_id, level, created_by, revision, created_at,
  updated_at`;

const copyAway = `INSERT INTO deleted_vault_grants (${columns})
  SELECT ${columns} FROM grants WHERE organization_id = $1 AND vault_id = $2`;

/**
 * Holds whom the grants are to, so that they stay until the transaction ends; a membership that began after the deletion is
 * another one, and gets nothing back. Nor does a key that was rotated since: whoever did it need not have had the vault, and knows
 * the secret.
 */
const bringBack = `WITH kept AS MATERIALIZED (
    SELECT g.*, d.deleted_at FROM deleted_vault_grants g
    JOIN deleted_vaults d ON d.organization_id = g.organization_id AND d.id = g.vault_id
    WHERE g.organization_id = $1 AND g.vault_id = $2
  ), members AS MATERIALIZED (
    SELECT user_id, created_at FROM memberships
    WHERE organization_id = $1 AND user_id IN (SELECT user_id FROM kept) ORDER BY user_id FOR KEY SHARE
  ), present_teams AS MATERIALIZED (
    SELECT id FROM teams WHERE organization_id = $1 AND id IN (SELECT team_id FROM kept) ORDER BY id FOR KEY SHARE
  ), keys AS MATERIALIZED (
    SELECT id, coalesce(last_rotated_at, created_at) AS secret_made_at FROM api_keys
    WHERE organization_id = $1 AND id IN (SELECT api_key_id FROM kept) ORDER BY id FOR KEY SHARE
  )
  INSERT INTO grants (${columns})
  SELECT ${columns} FROM kept
  WHERE EXISTS (SELECT 1 FROM members m WHERE m.user_id = kept.user_id AND m.created_at <= kept.deleted_at)
    OR EXISTS (SELECT 1 FROM present_teams t WHERE t.id = kept.team_id)
    OR EXISTS (SELECT 1 FROM keys k WHERE k.id = kept.api_key_id AND k.secret_made_at <= kept.deleted_at)
  RETURNING user_id AS "userId", team_id AS "teamId", api_key_id AS "apiKeyId"`;

/** Grants go and come back with their vault, to those who are still there. */
@Injectable()
export class VaultGrants implements OnModuleInit, VaultPart {
  constructor(
    private readonly parts: VaultParts,
    private readonly credentials: CredentialRegistry,
  ) {}

  onModuleInit(): void {
    this.parts.register(this);
  }

  /** The grants themselves are deleted with the row of the vault, to which they refer. */
  async withdraw(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<void> {
    await transaction.rows(copyAway, [organizationId, id]);
  }

  async restore(transaction: Transaction, { organizationId, id }: VaultPlace): Promise<void> {
    const grantees = await transaction.rows<Grantee>(bringBack, [organizationId, id]);
    transaction.afterCommit(() => {
      for (const grantee of grantees) this.forget(grantee);
    });
  }

  /** In this process at once: what they may do is more now. */
  private forget({ userId, teamId, apiKeyId }: Grantee): void {
    if (userId !== null) this.credentials.invalidate({ kind: 'user', id: userId });
    if (teamId !== null) this.credentials.invalidate({ kind: 'team', id: teamId });
    if (apiKeyId !== null) this.credentials.invalidate({ kind: 'credential', id: apiKeyId });
  }
}
