import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { lifetimeEnd } from '@credvault/access/lifetimes.js';
import { memberColumns, memberJoins, type MemberRow } from '@credvault/access/member-rights.js';
import {
  organizationBoundsColumns,
  type OrganizationBoundsRow,
} from '@credvault/access/organization-bounds.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { ApiToken } from './api-token.entity.js';

/** Whose tokens: always of one person in one organization. */
export interface TokenOwner {
  organizationId: string;
  userId: string;
}

interface PrincipalRow extends MemberRow, OrganizationBoundsRow {
  organization_id: string;
  id: string;
  user_id: string;
  expires_at: Date | null;
  paused_at: Date | null;
  is_superuser: boolean;
  from_provider: boolean;
  plan: string;
  requests_per_minute: number | null;
}

/** A token ends when it says, and when its organization lets none live longer. */
const end = `least(t.expires_at, ${lifetimeEnd('t.created_at', 'o.max_token_lifetime_days')})`;

const selectPrincipal = {
  name: 'select_api_token_principal',
  text: `SELECT t.organization_id, t.id, t.user_id, ${end} AS expires_at, t.paused_at, u.is_superuser, t.from_provider, p.name AS plan,
      coalesce(o.token_requests_per_minute, p.token_requests_per_minute) AS requests_per_minute, ${memberColumns},
      ${organizationBoundsColumns}
    FROM api_tokens t
    JOIN memberships m ON m.organization_id = t.organization_id AND m.user_id = t.user_id
    JOIN users u ON u.id = t.user_id
    JOIN organizations o ON o.id = t.organization_id
    JOIN plans p ON p.name = o.plan
    ${memberJoins}
    WHERE t.digest = $1`,
};

const columns = `t.id, t.organization_id AS "organizationId", t.user_id AS "userId", t.name, t.hint, t.digest,
  ${end} AS "expiresAt", t.paused_at AS "pausedAt", t.last_used_at AS "lastUsedAt",
  t.from_provider AS "fromProvider", t.made_with AS "madeWith", t.revision,
  t.created_at AS "createdAt", t.updated_at AS "updatedAt"`;

const withOrganization = 'api_tokens t JOIN organizations o ON o.id = t.organization_id';

const selectOwn = `SELECT ${columns} FROM ${withOrganization}
  WHERE t.organization_id = $1 AND t.user_id = $2 AND t.id = $3`;

/** Tokens with the end that counts for them (`end`). */
@Injectable()
export class ApiTokensRepository {
  constructor(private readonly database: Database) {}

  async findPrincipal(digest: Buffer): Promise<PrincipalRow | undefined> {
    return (await this.database.execute<PrincipalRow>(selectPrincipal, [digest]))[0];
  }

  async find({ organizationId, userId }: TokenOwner, id: string): Promise<ApiToken | undefined> {
    return (await this.database.rows<ApiToken & QueryResultRow>(selectOwn, [organizationId, userId, id]))[0];
  }

  async lock(
    transaction: Transaction,
    { organizationId, userId }: TokenOwner,
    id: string,
  ): Promise<ApiToken | undefined> {
    const own = [organizationId, userId, id];
    const [row] = await transaction.rows<ApiToken & QueryResultRow>(`${selectOwn} FOR UPDATE OF t`, own);
    return row;
  }

  async insert(transaction: Transaction, token: ApiToken): Promise<void> {
    await transaction.manager.insert(ApiToken, token);
  }

  /** Stores what pausing or resuming changed of a locked token. */
  async updatePaused(transaction: Transaction, token: ApiToken): Promise<void> {
    const { organizationId, id, pausedAt, updatedAt, revision } = token;
    await transaction.manager.update(ApiToken, { organizationId, id }, { pausedAt, updatedAt, revision });
  }

  /** Whether a token is there and works, which stays so until the transaction ends. */
  async hold(transaction: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await transaction.rows<{ paused_at: Date | null }>(
      `SELECT paused_at FROM api_tokens WHERE organization_id = $1 AND id = $2 FOR SHARE`,
      [organizationId, id],
    );
    return rows[0]?.paused_at === null;
  }

  /**
   * Pauses a token whosever it is, with all that was made with it and with that. Somebody may be making one more with a token
   * that this waits for: it is there after that, so the caller goes on until nothing is found.
   *
   * @returns the ids of those that worked until now
   */
  async pauseWithMade(transaction: Transaction, organizationId: string, id: string): Promise<string[]> {
    const rows = await transaction.rows<{ id: string }>(
      `WITH RECURSIVE made AS (
         SELECT id FROM api_tokens WHERE organization_id = $1 AND id = $2
         UNION
         SELECT t.id FROM api_tokens t JOIN made ON t.made_with = made.id WHERE t.organization_id = $1
       ), held AS MATERIALIZED (
         SELECT t.id FROM api_tokens t JOIN made ON made.id = t.id
         WHERE t.organization_id = $1 AND t.paused_at IS NULL ORDER BY t.id FOR NO KEY UPDATE OF t
       )
       UPDATE api_tokens t SET paused_at = now(), updated_at = now(), revision = revision + 1
       FROM held WHERE t.organization_id = $1 AND t.id = held.id AND t.paused_at IS NULL RETURNING t.id`,
      [organizationId, id],
    );
    return rows.map((row) => row.id);
  }

  /** Deletes a locked token. What was made with it counts as made with what made it. */
  async delete(transaction: Transaction, { organizationId, id, madeWith }: ApiToken): Promise<void> {
    await transaction.rows(
      `UPDATE api_tokens SET made_with = $3 WHERE organization_id = $1 AND made_with = $2`,
      [organizationId, id, madeWith],
    );
    await transaction.manager.delete(ApiToken, { organizationId, id });
  }

  list(owner: TokenOwner, query: ListQuery, page: PageRequest): Promise<{ rows: ApiToken[]; total: number }> {
    const conditions = new Conditions()
      .add('t.organization_id = ?', owner.organizationId)
      .add('t.user_id = ?', owner.userId)
      .addCommon(query, { created: 't.created_at', updated: 't.updated_at', search: 't.name' });
    return listRows<ApiToken>(this.database, { columns, from: withOrganization, conditions, page });
  }

  /** The tokens of a person in every organization, at most 1,000. */
  findAllOf(userId: string): Promise<ApiToken[]> {
    return this.database.manager.find(ApiToken, {
      where: { userId },
      order: { createdAt: 'ASC' },
      take: 1_000,
    });
  }

  async saveLastUsed(uses: CredentialUse[]): Promise<void> {
    await this.database.rows(
      `UPDATE api_tokens t SET last_used_at = used.at
       FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS used (organization_id, id, at)
       WHERE t.organization_id = used.organization_id AND t.id = used.id
         AND (t.last_used_at IS NULL OR t.last_used_at < used.at)`,
      [uses.map((use) => use.organizationId), uses.map((use) => use.credentialId), uses.map((use) => use.at)],
    );
  }
}
