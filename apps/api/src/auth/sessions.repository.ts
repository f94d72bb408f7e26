import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { memberColumns, memberJoins, type MemberRow } from '@credvault/access/member-rights.js';
import {
  organizationBoundsColumns,
  type OrganizationBoundsRow,
} from '@credvault/access/organization-bounds.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { SessionDemands } from './session-demands.js';
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

/** A refresh token as it stands in its family, and what its organization demands. */
export interface RefreshTokenRow extends SessionDemands {
  organization_id: string;
  session_id: string;
  is_replaced: boolean;
  /** It was the last one to be replaced, and a moment ago. */
  is_fresh_predecessor: boolean;
}

/** What the door must know of a session. */
export interface SessionPrincipalRow extends MemberRow, OrganizationBoundsRow {
  plan: string;
  organization_id: string;
  id: string;
  user_id: string;
  access_expires_at: Date;
  stepped_up_at: Date | null;
  is_superuser: boolean;
  external_identity_id: string | null;
}

/** When whoever signed in has to sign in again, in SQL; as `endOfSession`. */
const signInEnds = 's.signed_in_at + make_interval(hours => o.session_lifetime_hours)';

const demands = 'o.allowed_ips AS "allowedIps", o.session_lifetime_hours AS "sessionLifetimeHours"';

const selectPrincipal = {
  name: 'select_session_principal',
  text: `SELECT s.organization_id, s.id, s.user_id, least(s.access_expires_at, ${signInEnds}) AS access_expires_at, s.stepped_up_at, s.external_identity_id,
      u.is_superuser, o.plan, ${organizationBoundsColumns},
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
      `SELECT s.organization_id, s.id, s.user_id, least(s.refresh_expires_at, ${signInEnds}) AS access_expires_at,
         s.stepped_up_at, s.external_identity_id, u.is_superuser, o.plan, ${organizationBoundsColumns},
         ${memberColumns}
       FROM refresh_tokens t
       JOIN sessions s ON s.organization_id = t.organization_id AND s.id = t.session_id
       JOIN memberships m ON m.organization_id = s.organization_id AND m.user_id = s.user_id
       JOIN users u ON u.id = s.user_id
       JOIN organizations o ON o.id = s.organization_id
       ${memberJoins}
       WHERE t.digest = $1 AND t.replaced_at IS NULL AND least(s.refresh_expires_at, ${signInEnds}) > now()`,
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
             AND later.session_id = r.session_id AND later.replaced_at > r.replaced_at) AS is_fresh_predecessor,
         ${demands}
       FROM refresh_tokens r JOIN organizations o ON o.id = r.organization_id WHERE r.digest = $1`,
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

  /** What the organization demands of the sessions of a member, who stays one until this transaction ends; undefined: of none. */
  async holdMembership(
    transaction: Transaction,
    { organizationId, userId }: SessionOwner,
  ): Promise<SessionDemands | undefined> {
    const [row] = await transaction.rows<SessionDemands & QueryResultRow>(
      `SELECT ${demands} FROM memberships m JOIN organizations o ON o.id = m.organization_id
       WHERE m.organization_id = $1 AND m.user_id = $2 FOR KEY SHARE OF m`,
      [organizationId, userId],
    );
    return row;
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
      .add('s.organization_id = ?', owner.organizationId)
      .add('s.user_id = ?', owner.userId)
      .add(`least(s.refresh_expires_at, ${signInEnds}) > ?`, new Date())
      .addCommon(query, {
        created: 's.created_at',
        updated: 's.last_used_at',
        search: `coalesce(s.user_agent, '')`,
      });
    const columns = `s.id, host(s.ip) AS ip, s.user_agent AS "userAgent", s.created_at AS "createdAt",
      s.last_used_at AS "lastUsedAt", least(s.refresh_expires_at, ${signInEnds}) AS "expiresAt"`;
    const from = 'sessions s JOIN organizations o ON o.id = s.organization_id';
    return listRows<SessionRow>(this.database, { columns, from, conditions, page });
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

  /** Whether somebody has signed in from a block of addresses in the last 90 days: as long as a session lasts. */
  async knowsAddress(userId: string, block: string): Promise<boolean> {
    const rows = await this.database.rows(
      `SELECT 1 FROM sign_in_addresses
       WHERE user_id = $1 AND address_block = $2 AND last_used_at > now() - interval '90 days'`,
      [userId, block],
    );
    return rows.length > 0;
  }
}
