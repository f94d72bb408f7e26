import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { lifetimeEnd } from '@credvault/access/lifetimes.js';
import { memberColumns, memberJoins, type MemberRow } from '@credvault/access/member-rights.js';
import {
  organizationBoundsColumns,
  type OrganizationBoundsRow,
} from '@credvault/access/organization-bounds.js';
import type { Scope } from '@credvault/access/scopes.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import { parseMemberId, type MemberKind } from '@credvault/access/member-id.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { ApiKeysQuery } from './api-keys-query.dto.js';
import { reachColumns, reachJoins, type BoundReachRow } from './api-key-reach.js';
import { ApiKeySecret } from './api-key-secret.entity.js';
import { keyColumns, keysAsShown, type ApiKeyView, type KeyOwner } from './api-key-view.js';
import { ApiKey } from './api-key.entity.js';

/** Everything that the door must know of a key, in one row. */
export interface ApiKeyPrincipalRow extends MemberRow, BoundReachRow, OrganizationBoundsRow {
  organization_id: string;
  id: string;
  secret_id: string;
  ends_at: Date | null;
  user_id: string;
  owner_kind: MemberKind | null;
  scopes: Scope[];
  allowed_ips: string[] | null;
  expires_at: Date | null;
  paused_at: Date | null;
  plan: string;
  requests_per_minute: number | null;
}

/** A key ends when it says, and when its organization lets none live longer without a rotation. */
const end = `least(k.expires_at, ${lifetimeEnd('coalesce(k.last_rotated_at, k.created_at)', 'o.max_key_lifetime_days')})`;

const selectPrincipal = {
  name: 'select_api_key_principal',
  text: `SELECT k.organization_id, k.id, s.id AS secret_id, s.ends_at, k.user_id, u.kind AS owner_kind, k.scopes, k.allowed_ips,
      ${end} AS expires_at, k.paused_at, p.name AS plan, ${organizationBoundsColumns}, ${memberColumns}, ${reachColumns},
      coalesce(o.api_key_requests_per_minute, p.api_key_requests_per_minute) AS requests_per_minute
    FROM api_key_secrets s
    JOIN api_keys k ON k.organization_id = s.organization_id AND k.id = s.api_key_id
    JOIN organizations o ON o.id = k.organization_id
    JOIN plans p ON p.name = o.plan
    LEFT JOIN users u ON u.id = k.user_id
    LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.user_id
    ${memberJoins}
    ${reachJoins}
    WHERE s.digest = $1`,
};

/** An id that no row has: what a filter by a malformed id looks for. */
const nobody = '00000000-0000-0000-0000-000000000000';

const statusConditions = {
  expired: `coalesce(${end} <= now(), false)`,
  paused: `k.paused_at IS NOT NULL AND coalesce(${end} > now(), true)`,
  active: `k.paused_at IS NULL AND coalesce(${end} > now(), true)`,
};

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async findPrincipal(digest: Buffer): Promise<ApiKeyPrincipalRow | undefined> {
    return (await this.database.execute<ApiKeyPrincipalRow>(selectPrincipal, [digest]))[0];
  }

  async find(organizationId: string, id: string): Promise<ApiKeyView | undefined> {
    const [row] = await this.database.rows<ApiKeyView>(
      `SELECT ${keyColumns} FROM ${keysAsShown} WHERE k.organization_id = $1 AND k.id = $2`,
      [organizationId, id],
    );
    return row;
  }

  /**
   * The key as the transaction sees it, locked against every other change. It is read once it is locked: what was granted to it
   * while this waited counts.
   */
  async lock(transaction: Transaction, organizationId: string, id: string): Promise<ApiKeyView | undefined> {
    const key = [organizationId, id];
    await transaction.rows(`SELECT id FROM api_keys WHERE organization_id = $1 AND id = $2 FOR UPDATE`, key);
    const [row] = await transaction.rows<ApiKeyView>(
      `SELECT ${keyColumns} FROM ${keysAsShown} WHERE k.organization_id = $1 AND k.id = $2`,
      key,
    );
    return row;
  }

  /** The id of the secret that opens a key now. */
  async findPresentSecret(
    organizationId: string,
    keyId: string,
    transaction?: Transaction,
  ): Promise<string | undefined> {
    const [row] = await (transaction ?? this.database).rows<{ id: string }>(
      `SELECT id FROM api_key_secrets WHERE organization_id = $1 AND api_key_id = $2 AND ends_at IS NULL`,
      [organizationId, keyId],
    );
    return row?.id;
  }

  /** Whether a secret opens the key that somebody else has made than this person, and so may know. */
  async hasForeignSecret(
    transaction: Transaction,
    { organizationId, id }: Pick<ApiKey, 'organizationId' | 'id'>,
    person: string | null,
  ): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM api_key_secrets WHERE organization_id = $1 AND api_key_id = $2
         AND (made_by IS NULL OR made_by IS DISTINCT FROM $3) AND (ends_at IS NULL OR ends_at > now())`,
      [organizationId, id, person],
    );
    return rows.length > 0;
  }

  /**
   * Who may own a key: a member of the organization.
   *
   * @param transaction if given, the member stays one until it ends
   */
  async findOwner(
    organizationId: string,
    userId: string,
    transaction?: Transaction,
  ): Promise<KeyOwner | undefined> {
    const [row] = await (transaction ?? this.database).rows<KeyOwner & QueryResultRow>(
      `SELECT u.id AS "userId", u.kind AS "ownerKind", u.name AS "ownerName"
       FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1 AND m.user_id = $2
       ${transaction ? 'FOR KEY SHARE OF m' : ''}`,
      [organizationId, userId],
    );
    return row;
  }

  async insert(transaction: Transaction, key: ApiKey, secret: ApiKeySecret): Promise<void> {
    await transaction.manager.insert(ApiKey, key);
    await transaction.manager.insert(ApiKeySecret, secret);
  }

  async update(transaction: Transaction, key: ApiKey, fields: Partial<ApiKey>): Promise<void> {
    const { organizationId, id } = key;
    await transaction.manager.update(ApiKey, { organizationId, id }, fields);
  }

  /**
   * Puts a new secret in the place of the present one, which ends then; the one before that is forgotten.
   *
   * @returns when the replaced secret was last used
   */
  async replaceSecret(
    transaction: Transaction,
    fresh: ApiKeySecret,
    presentEndsAt: Date,
  ): Promise<Date | null> {
    const key = [fresh.organizationId, fresh.apiKeyId];
    await transaction.rows(
      `DELETE FROM api_key_secrets WHERE organization_id = $1 AND api_key_id = $2 AND ends_at IS NOT NULL`,
      key,
    );
    const [replaced] = await transaction.rows<{ last_used_at: Date | null }>(
      `UPDATE api_key_secrets SET ends_at = $3 WHERE organization_id = $1 AND api_key_id = $2 RETURNING last_used_at`,
      [...key, presentEndsAt],
    );
    await transaction.manager.insert(ApiKeySecret, fresh);
    return replaced?.last_used_at ?? null;
  }

  /** Pauses a key whatever it is; false when it is paused already, or gone. */
  async pause(transaction: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await transaction.rows(
      `UPDATE api_keys SET paused_at = now(), updated_at = now(), revision = revision + 1
       WHERE organization_id = $1 AND id = $2 AND paused_at IS NULL RETURNING id`,
      [organizationId, id],
    );
    return rows.length > 0;
  }

  async delete(transaction: Transaction, { organizationId, id }: ApiKey): Promise<void> {
    await transaction.manager.delete(ApiKey, { organizationId, id });
  }

  list(
    organizationId: string,
    query: ApiKeysQuery,
    page: PageRequest,
  ): Promise<{ rows: ApiKeyView[]; total: number }> {
    const conditions = new Conditions()
      .add('k.organization_id = ?', organizationId)
      .add('k.user_id = ?', query.owner && (parseMemberId(query.owner)?.uuid ?? nobody))
      .add('k.scopes @> ARRAY[?]::text[]', query.scope)
      .add('coalesce(k.last_used_at, k.created_at) < ?::timestamptz', query.unusedSince)
      .add('(k.rotation_due_at <= now()) = ?::boolean', query.rotationDue)
      .addCommon(query, { created: 'k.created_at', updated: 'k.updated_at', search: 'k.name' });
    if (query.status) conditions.add(`(${statusConditions[query.status]}) = ?::boolean`, true);
    return listRows<ApiKeyView>(this.database, { columns: keyColumns, from: keysAsShown, conditions, page });
  }

  /** Requests that the plan of an organization allows each of its keys in a minute; undefined: unlimited. */
  async findRequestsPerMinute(organizationId: string): Promise<number | undefined> {
    const [row] = await this.database.rows<{ most: number | null }>(
      `SELECT coalesce(o.api_key_requests_per_minute, p.api_key_requests_per_minute) AS most
       FROM organizations o JOIN plans p ON p.name = o.plan WHERE o.id = $1`,
      [organizationId],
    );
    return row?.most ?? undefined;
  }

  /** The keys that a member owns, the oldest first, locked against every other change. */
  async lockOwned(transaction: Transaction, organizationId: string, userId: string): Promise<ApiKeyView[]> {
    const ofOwner = 'WHERE k.organization_id = $1 AND k.user_id = $2 ORDER BY k.created_at, k.id';
    const owner = [organizationId, userId];
    await transaction.rows(`SELECT k.id FROM api_keys k ${ofOwner} FOR UPDATE`, owner);
    return transaction.rows<ApiKeyView>(`SELECT ${keyColumns} FROM ${keysAsShown} ${ofOwner}`, owner);
  }

  /** The keys that a person owns, in every organization, at most 1,000. */
  findAllOf(userId: string): Promise<ApiKey[]> {
    return this.database.manager.find(ApiKey, {
      where: { userId },
      order: { createdAt: 'ASC' },
      take: 1_000,
    });
  }

  /** How many keys an organization has. */
  /** @param transaction the one the caller is in, if it is in one */
  async countAll(transaction: Transaction | undefined, organizationId: string): Promise<number> {
    const [row] = await (transaction ?? this.database).rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM api_keys WHERE organization_id = $1`,
      [organizationId],
    );
    return row?.count ?? 0;
  }

  /** Writes last uses, of keys and of their secrets: never backwards, and not again within a minute. */
  async saveLastUsed(uses: CredentialUse[]): Promise<void> {
    const used = `unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) AS used (organization_id, id, secret_id, at)`;
    await this.database.rows(
      `WITH secrets AS (
         UPDATE api_key_secrets s SET last_used_at = used.at FROM ${used}
         WHERE s.organization_id = used.organization_id AND s.api_key_id = used.id AND s.id = used.secret_id
           AND (s.last_used_at IS NULL OR s.last_used_at <= used.at - interval '1 minute'))
       UPDATE api_keys k SET last_used_at = used.at
       FROM (SELECT organization_id, id, max(at) AS at FROM ${used} GROUP BY 1, 2) AS used
       WHERE k.organization_id = used.organization_id AND k.id = used.id
         AND (k.last_used_at IS NULL OR k.last_used_at <= used.at - interval '1 minute')`,
      [
        uses.map((use) => use.organizationId),
        uses.map((use) => use.credentialId),
        uses.map((use) => use.secretId ?? null),
        uses.map((use) => use.at),
      ],
    );
  }

  /** Marks keys whose rotation is due and was not noted yet; of several processes each takes others. */
  takeRotationsDue(
    transaction: Transaction,
    most: number,
  ): Promise<Pick<ApiKey, 'organizationId' | 'id' | 'rotationDueAt'>[]> {
    return transaction.rows(
      `UPDATE api_keys SET rotation_due_noted = true
       WHERE (organization_id, id) IN (
         SELECT organization_id, id FROM api_keys WHERE rotation_due_at <= now() AND NOT rotation_due_noted
         ORDER BY rotation_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING organization_id AS "organizationId", id, rotation_due_at AS "rotationDueAt"`,
      [most],
    );
  }
}
