import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { memberColumns, memberJoins, type MemberRow } from '@credvault/access/member-rights.js';
import type { Scope } from '@credvault/access/scopes.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import { parseMemberId, type MemberKind } from '@credvault/access/member-id.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { ApiKeysQuery } from './api-key.dto.js';
import { ApiKeySecret } from './api-key-secret.entity.js';
import { ApiKey } from './api-key.entity.js';

/** Who owns a key or may own one. */
export interface KeyOwner {
  userId: string;
  ownerKind: MemberKind;
  ownerName: string;
}

/** A key as it is shown: with its owner, and with the secret before the present one, if there is one. */
export interface ApiKeyView extends ApiKey, KeyOwner {
  creatorKind: MemberKind;
  previousHint: string | null;
  previousEndsAt: Date | null;
  previousLastUsedAt: Date | null;
}

/** Everything that the door must know of a key, in one row. */
export interface ApiKeyPrincipalRow extends MemberRow {
  organization_id: string;
  id: string;
  secret_id: string;
  ends_at: Date | null;
  user_id: string;
  owner_kind: MemberKind | null;
  scopes: Scope[];
  vault_ids: string[] | null;
  allowed_ips: string[] | null;
  expires_at: Date | null;
  paused_at: Date | null;
  plan: string;
  requests_per_minute: number | null;
}

const selectPrincipal = {
  name: 'select_api_key_principal',
  text: `SELECT k.organization_id, k.id, s.id AS secret_id, s.ends_at, k.user_id, u.kind AS owner_kind, k.scopes, k.vault_ids, k.allowed_ips,
      k.expires_at, k.paused_at, p.name AS plan, ${memberColumns},
      coalesce(o.api_key_requests_per_minute, p.api_key_requests_per_minute) AS requests_per_minute
    FROM api_key_secrets s
    JOIN api_keys k ON k.organization_id = s.organization_id AND k.id = s.api_key_id
    JOIN organizations o ON o.id = k.organization_id
    JOIN plans p ON p.name = o.plan
    LEFT JOIN users u ON u.id = k.user_id
    LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.user_id
    ${memberJoins}
    WHERE s.digest = $1`,
};

const columns = `k.organization_id AS "organizationId", k.id, k.user_id AS "userId", k.created_by AS "createdBy", k.name,
  k.description, k.hint, k.scopes, k.vault_ids AS "vaultIds", k.allowed_ips AS "allowedIps",
  k.expires_at AS "expiresAt", k.paused_at AS "pausedAt", k.last_used_at AS "lastUsedAt",
  k.last_rotated_at AS "lastRotatedAt", k.rotation_due_at AS "rotationDueAt",
  k.rotation_due_noted AS "rotationDueNoted", k.revision, k.created_at AS "createdAt", k.updated_at AS "updatedAt",
  coalesce(u.kind, 'person') AS "ownerKind", coalesce(u.name, '') AS "ownerName",
  coalesce(c.kind, 'person') AS "creatorKind", s.hint AS "previousHint", s.ends_at AS "previousEndsAt", s.last_used_at AS "previousLastUsedAt"`;

/** A key has at most one secret that has an end. */
const withPrevious = `api_keys k
  LEFT JOIN users u ON u.id = k.user_id
  LEFT JOIN users c ON c.id = k.created_by
  LEFT JOIN api_key_secrets s
    ON s.organization_id = k.organization_id AND s.api_key_id = k.id AND s.ends_at IS NOT NULL`;

/** An id that no row has: what a filter by a malformed id looks for. */
const nobody = '00000000-0000-0000-0000-000000000000';

const statusConditions = {
  expired: 'k.expires_at <= now()',
  paused: 'k.paused_at IS NOT NULL AND (k.expires_at IS NULL OR k.expires_at > now())',
  active: 'k.paused_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())',
};

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async findPrincipal(digest: Buffer): Promise<ApiKeyPrincipalRow | undefined> {
    return (await this.database.execute<ApiKeyPrincipalRow>(selectPrincipal, [digest]))[0];
  }

  async find(organizationId: string, id: string): Promise<ApiKeyView | undefined> {
    const [row] = await this.database.rows<ApiKeyView>(
      `SELECT ${columns} FROM ${withPrevious} WHERE k.organization_id = $1 AND k.id = $2`,
      [organizationId, id],
    );
    return row;
  }

  /** The key as the transaction sees it, locked against every other change. */
  async lock(transaction: Transaction, organizationId: string, id: string): Promise<ApiKeyView | undefined> {
    const [row] = await transaction.rows<ApiKeyView>(
      `SELECT ${columns} FROM ${withPrevious} WHERE k.organization_id = $1 AND k.id = $2 FOR UPDATE OF k`,
      [organizationId, id],
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
    return listRows<ApiKeyView>(this.database, { columns, from: withPrevious, conditions, page });
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
  lockOwned(transaction: Transaction, organizationId: string, userId: string): Promise<ApiKey[]> {
    return transaction.manager.find(ApiKey, {
      where: { organizationId, userId },
      order: { createdAt: 'ASC', id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
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
  async countAll(transaction: Transaction, organizationId: string): Promise<number> {
    const [row] = await transaction.rows<{ count: number }>(
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
