import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { ExternalIdentity } from './external-identity.js';

const columns = `organization_id AS "organizationId", id, issuer, subject, user_id AS "userId", email,
  created_at AS "createdAt", last_used_at AS "lastUsedAt"`;

/** Whom a provider means; always in one organization. */
export type IdentityKey = Pick<ExternalIdentity, 'organizationId' | 'issuer' | 'subject'>;
/** Whose identities: always of one person in one organization. */
export type IdentityOwner = Pick<ExternalIdentity, 'organizationId' | 'userId'>;

@Injectable()
export class ExternalIdentitiesRepository {
  constructor(private readonly database: Database) {}

  /** Lets nobody else look for, or link, this identity before the transaction ends, whether it is there or not. */
  async lock(transaction: Transaction, key: IdentityKey): Promise<void> {
    const name = JSON.stringify(['external identity', key.organizationId, key.issuer, key.subject]);
    await transaction.rows(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [name]);
  }

  async findByKey(
    transaction: Transaction,
    { organizationId, issuer, subject }: IdentityKey,
  ): Promise<ExternalIdentity | undefined> {
    const [row] = await transaction.rows<ExternalIdentity>(
      `SELECT ${columns} FROM external_identities WHERE organization_id = $1 AND issuer = $2 AND subject = $3`,
      [organizationId, issuer, subject],
    );
    return row;
  }

  /**
   * Notes that an identity was used, if its person is a member; both stay so until the transaction ends. The membership first, as
   * whoever removes a member locks them.
   */
  async use(transaction: Transaction, identity: ExternalIdentity, email: string | null): Promise<boolean> {
    const { organizationId, userId, id } = identity;
    const members = await transaction.rows(
      `SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2 FOR KEY SHARE`,
      [organizationId, userId],
    );
    if (members.length === 0) return false;
    const rows = await transaction.rows(
      `UPDATE external_identities SET last_used_at = now(), email = $3
       WHERE organization_id = $1 AND id = $2 RETURNING 1`,
      [organizationId, id, email],
    );
    return rows.length > 0;
  }

  async insert(transaction: Transaction, identity: ExternalIdentity): Promise<void> {
    const { organizationId, id, issuer, subject, userId, email, createdAt, lastUsedAt } = identity;
    await transaction.rows(
      `INSERT INTO external_identities (organization_id, id, issuer, subject, user_id, email, created_at, last_used_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [organizationId, id, issuer, subject, userId, email, createdAt, lastUsedAt],
    );
  }

  async find({ organizationId, userId }: IdentityOwner, id: string): Promise<ExternalIdentity | undefined> {
    const [row] = await this.database.rows<ExternalIdentity>(
      `SELECT ${columns} FROM external_identities WHERE organization_id = $1 AND user_id = $2 AND id = $3`,
      [organizationId, userId, id],
    );
    return row;
  }

  /** The identities that somebody has in one organization; `search` looks in issuers and addresses. */
  list(
    { organizationId, userId }: IdentityOwner,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: ExternalIdentity[]; total: number }> {
    const conditions = new Conditions()
      .add('organization_id = ?', organizationId)
      .add('user_id = ?', userId)
      .addCommon(query, {
        created: 'created_at',
        updated: 'coalesce(last_used_at, created_at)',
        search: `(issuer || ' ' || coalesce(email, ''))`,
      });
    return listRows<ExternalIdentity>(this.database, {
      columns,
      from: 'external_identities',
      conditions,
      page,
    });
  }

  /**
   * Deletes an identity of somebody and ends the sessions that it opened.
   *
   * @returns the ids of the sessions; undefined when there is no such identity
   */
  async delete(
    transaction: Transaction,
    { organizationId, userId }: IdentityOwner,
    id: string,
  ): Promise<string[] | undefined> {
    const sessions = await transaction.rows<{ id: string }>(
      `SELECT id FROM sessions WHERE organization_id = $1 AND user_id = $2 AND external_identity_id = $3`,
      [organizationId, userId, id],
    );
    const deleted = await transaction.rows(
      `DELETE FROM external_identities WHERE organization_id = $1 AND user_id = $2 AND id = $3 RETURNING 1`,
      [organizationId, userId, id],
    );
    return deleted.length > 0 ? sessions.map((session) => session.id) : undefined;
  }

  /** Whether anybody has this e-mail address, in any spelling that counts as the same. */
  async hasAccount(transaction: Transaction, email: string): Promise<boolean> {
    const rows = await transaction.rows(`SELECT 1 FROM users WHERE lower(email) = lower($1)`, [email]);
    return rows.length > 0;
  }

  /** Makes somebody new a member, with a role. */
  async insertMember(
    transaction: Transaction,
    { organizationId, userId }: IdentityOwner,
    { role, customRoleId }: { role: string; customRoleId: string | null },
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO memberships (organization_id, user_id, role, custom_role_id) VALUES ($1, $2, $3, $4)`,
      [organizationId, userId, role, customRoleId],
    );
  }
}
