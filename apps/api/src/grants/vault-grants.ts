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

const kept = columns.replace(/\w+/g, 'g.$&');

const copyAway = `INSERT INTO deleted_vault_grants (${columns})
  SELECT ${columns} FROM grants WHERE organization_id = $1 AND vault_id = $2`;

/**
 * Holds whom the grants are to, so that they stay as they are until the transaction ends. Whoever takes a grant from one of them
 * locks them first: what was taken while this waited, the next statement does not find.
 */
const holdGrantees = `WITH kept AS MATERIALIZED (
    SELECT user_id, team_id, api_key_id FROM deleted_vault_grants WHERE organization_id = $1 AND vault_id = $2
  ), members AS MATERIALIZED (
    SELECT 1 FROM memberships
    WHERE organization_id = $1 AND user_id IN (SELECT user_id FROM kept) ORDER BY user_id FOR KEY SHARE
  ), present_teams AS MATERIALIZED (
    SELECT 1 FROM teams WHERE organization_id = $1 AND id IN (SELECT team_id FROM kept) ORDER BY id FOR KEY SHARE
  ), keys AS MATERIALIZED (
    SELECT 1 FROM api_keys WHERE organization_id = $1 AND id IN (SELECT api_key_id FROM kept) ORDER BY id FOR KEY SHARE
  )
  SELECT (SELECT count(*) FROM members), (SELECT count(*) FROM present_teams), (SELECT count(*) FROM keys)`;

/**
 * A membership that began after the deletion is another one, and gets nothing back. Nor does a key that was changed since: whoever
 * rotated, resumed or widened it need not have had the vault.
 */
const bringBack = `INSERT INTO grants (${columns})
  SELECT ${kept} FROM deleted_vault_grants g
  JOIN deleted_vaults d ON d.organization_id = g.organization_id AND d.id = g.vault_id
  WHERE g.organization_id = $1 AND g.vault_id = $2 AND (
    EXISTS (SELECT 1 FROM memberships m
      WHERE m.organization_id = $1 AND m.user_id = g.user_id AND m.created_at <= d.deleted_at)
    OR EXISTS (SELECT 1 FROM teams t WHERE t.organization_id = $1 AND t.id = g.team_id)
    OR EXISTS (SELECT 1 FROM api_keys k
      WHERE k.organization_id = $1 AND k.id = g.api_key_id AND k.updated_at <= d.deleted_at))
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
    await transaction.rows(holdGrantees, [organizationId, id]);
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
