import { Injectable } from '@nestjs/common';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { memberColumns, memberJoins, type MemberRow } from '@credvault/access/member-rights.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { Session } from './session.entity.js';

/** Whose sessions: always of one person in one organization. */
export interface SessionOwner {
  organizationId: string;
  userId: string;
}

export interface SessionRow {
  id: string;
  ip: string | null;
  userAgent: string | null;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
}

/** A refresh token as it stands in its family. */
export interface RefreshTokenRow {
  organization_id: string;
  session_id: string;
  is_replaced: boolean;
  /** It was the last one to be replaced, and a moment ago. */
  is_fresh_predecessor: boolean;
}

/** What the door must know of a session. */
export interface SessionPrincipalRow extends MemberRow {
  plan: string;
  organization_id: string;
  id: string;
  user_id: string;
  access_expires_at: Date;
  stepped_up_at: Date | null;
  is_superuser: boolean;
}

const selectPrincipal = {
  name: 'select_session_principal',
  text: `SELECT s.organization_id, s.id, s.user_id, s.access_expires_at, s.stepped_up_at, u.is_superuser, o.plan,
      ${memberColumns}
    FROM sessions s
    JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
    JOIN users u ON u.id = s.user_id
    JOIN organizations o ON o.id = s.organization_id
    ${memberJoins}
    WHERE s.access_digest = $1`,
};

@Injectable()
export class SessionsRepository {
  constructor(private readonly database: Database) {}

  async findPrincipal(accessDigest: Buffer): Promise<SessionPrincipalRow | undefined> {
    return (await this.database.execute<SessionPrincipalRow>(selectPrincipal, [accessDigest]))[0];
  }

  /** The session of a refresh token that can still be exchanged. */
  async findByRefreshDigest(digest: Buffer): Promise<SessionPrincipalRow | undefined> {
    const [row] = await this.database.rows<SessionPrincipalRow>(
      `SELECT s.organization_id, s.id, s.user_id, s.refresh_expires_at AS access_expires_at, s.stepped_up_at, u.is_superuser,
         o.plan,
         ${memberColumns}
       FROM refresh_tokens t
       JOIN sessions s ON s.organization_id = t.organization_id AND s.id = t.session_id
       JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
       JOIN users u ON u.id = s.user_id
       JOIN organizations o ON o.id = s.organization_id
       ${memberJoins}
       WHERE t.digest = $1 AND t.replaced_at IS NULL AND s.refresh_expires_at > now()`,
      [digest],
    );
    return row;
  }

  async insert(transaction: Transaction, session: Session, refreshDigest: Buffer): Promise<void> {
    await transaction.manager.insert(Session, session);
    await this.insertRefreshToken(transaction, session, refreshDigest);
  }

  async insertRefreshToken(
    transaction: Transaction,
    session: Pick<Session, 'organizationId' | 'id'>,
    digest: Buffer,
  ): Promise<void> {
    await transaction.rows(
      `INSERT INTO refresh_tokens (digest, organization_id, session_id, issued_at)
       VALUES ($1, $2, $3, clock_timestamp())`,
      [digest, session.organizationId, session.id],
    );
  }

  /**
   * Finds a refresh token and locks its session, so that of two refreshes at once the second sees the first. Ages are
   * measured by the database's clock, which is one for all processes.
   *
   * @param freshSeconds for how long a replaced token counts as just replaced
   */
  async lockByRefreshDigest(
    transaction: Transaction,
    digest: Buffer,
    freshSeconds: number,
  ): Promise<RefreshTokenRow | undefined> {
    await transaction.rows(
      `SELECT 1 FROM sessions s JOIN refresh_tokens r ON r.organization_id = s.organization_id AND r.session_id = s.id
       WHERE r.digest = $1 FOR UPDATE OF s`,
      [digest],
    );
    const [row] = await transaction.rows<RefreshTokenRow>(
      `SELECT r.organization_id, r.session_id, r.replaced_at IS NOT NULL AS is_replaced,
         r.replaced_at >= clock_timestamp() - make_interval(secs => $2)
           AND NOT EXISTS (SELECT 1 FROM refresh_tokens later WHERE later.organization_id = r.organization_id
             AND later.session_id = r.session_id AND later.replaced_at > r.replaced_at) AS is_fresh_predecessor
       FROM refresh_tokens r WHERE r.digest = $1`,
      [digest, freshSeconds],
    );
    return row;
  }

  find(transaction: Transaction, organizationId: string, id: string): Promise<Session | null> {
    return transaction.manager.findOneBy(Session, { organizationId, id });
  }

  /** One session of a person, which then nobody else renews or ends before this transaction does. */
  lock(
    transaction: Transaction,
    { organizationId, userId }: SessionOwner,
    id: string,
  ): Promise<Session | null> {
    return transaction.manager.findOne(Session, {
      where: { organizationId, userId, id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async markReplaced(transaction: Transaction, digest: Buffer): Promise<void> {
    await transaction.rows(`UPDATE refresh_tokens SET replaced_at = clock_timestamp() WHERE digest = $1`, [
      digest,
    ]);
  }

  async renew(
    transaction: Transaction,
    session: Pick<
      Session,
      'organizationId' | 'id' | 'accessDigest' | 'accessExpiresAt' | 'refreshExpiresAt' | 'lastUsedAt'
    >,
  ): Promise<void> {
    const { organizationId, id, ...fields } = session;
    await transaction.manager.update(Session, { organizationId, id }, fields);
  }

  /** Whether a person is a member, and stays one until this transaction ends. */
  async holdMembership(transaction: Transaction, { organizationId, userId }: SessionOwner): Promise<boolean> {
    const rows = await transaction.rows(
      `SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2 FOR KEY SHARE`,
      [organizationId, userId],
    );
    return rows.length > 0;
  }

  /** Notes that a session has proved who it stands for; false when it is gone. */
  async setSteppedUp(
    transaction: Transaction,
    owner: SessionOwner,
    id: string,
    steppedUpAt: Date,
  ): Promise<boolean> {
    const { organizationId, userId } = owner;
    const { affected } = await transaction.manager.update(
      Session,
      { organizationId, userId, id },
      { steppedUpAt },
    );
    return affected === 1;
  }

  /** Takes the step-up from all sessions of a person but one; returns the ids of those that had one. */
  async clearSteppedUp(transaction: Transaction, userId: string, exceptId: string): Promise<string[]> {
    const rows = await transaction.rows<{ id: string }>(
      `UPDATE sessions SET stepped_up_at = NULL
       WHERE user_id = $1 AND id <> $2 AND stepped_up_at IS NOT NULL RETURNING id`,
      [userId, exceptId],
    );
    return rows.map(({ id }) => id);
  }

  /** Ends one session of a person; false when there is none with this id. */
  async delete(transaction: Transaction, owner: SessionOwner, id: string): Promise<boolean> {
    const { organizationId, userId } = owner;
    const { affected } = await transaction.manager.delete(Session, { organizationId, userId, id });
    return affected === 1;
  }

  /** Ends all sessions of a person, in every organization, but the one named; returns their ids. */
  async deleteAllOf(transaction: Transaction, userId: string, exceptId: string | null): Promise<string[]> {
    const rows = await transaction.rows<{ id: string }>(
      `DELETE FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2::uuid RETURNING id`,
      [userId, exceptId],
    );
    return rows.map(({ id }) => id);
  }

  /** A page of the sessions of a person that can still be refreshed, and how many there are. */
  list(
    owner: SessionOwner,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: SessionRow[]; total: number }> {
    const conditions = new Conditions()
      .add('organization_id = ?', owner.organizationId)
      .add('user_id = ?', owner.userId)
      .add('refresh_expires_at > ?', new Date())
      .addCommon(query, {
        created: 'created_at',
        updated: 'last_used_at',
        search: `coalesce(user_agent, '')`,
      });
    const columns = `id, host(ip) AS ip, user_agent AS "userAgent", created_at AS "createdAt",
      last_used_at AS "lastUsedAt", refresh_expires_at AS "expiresAt"`;
    return listRows<SessionRow>(this.database, { columns, from: 'sessions', conditions, page });
  }

  async saveLastUsed(uses: CredentialUse[]): Promise<void> {
    await this.database.rows(
      `UPDATE sessions s SET last_used_at = used.at
       FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS used (organization_id, id, at)
       WHERE s.organization_id = used.organization_id AND s.id = used.id AND s.last_used_at < used.at`,
      [uses.map((use) => use.organizationId), uses.map((use) => use.credentialId), uses.map((use) => use.at)],
    );
  }

  /** Remembers that a person signed in from an address, which then is never slowed on the account's behalf. */
  async rememberAddress(transaction: Transaction, userId: string, block: string): Promise<void> {
    await transaction.rows(
      `INSERT INTO sign_in_addresses (user_id, address_block) VALUES ($1, $2)
       ON CONFLICT (user_id, address_block) DO UPDATE SET last_used_at = now()`,
      [userId, block],
    );
  }

  async knowsAddress(userId: string, block: string): Promise<boolean> {
    const rows = await this.database.rows(
      `SELECT 1 FROM sign_in_addresses WHERE user_id = $1 AND address_block = $2`,
      [userId, block],
    );
    return rows.length > 0;
  }
}
