import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { InvitationsQuery, InvitationView } from './invitation.dto.js';
import type { Invitation } from './invitation.entity.js';

const viewColumns = `i.id, i.email, i.role, i.custom_role_id AS "customRoleId", i.invited_by AS "invitedBy",
  u.kind AS "inviterKind", i.expires_at AS "expiresAt", i.created_at AS "createdAt"`;

const viewTables = 'invitations i LEFT JOIN users u ON u.id = i.invited_by';

/** An invitation whose token somebody has. */
export type PresentedInvitation = Pick<
  Invitation,
  'organizationId' | 'id' | 'email' | 'role' | 'customRoleId' | 'digest' | 'invitedBy'
> & {
  organizationName: string;
};

@Injectable()
export class InvitationsRepository {
  constructor(private readonly database: Database) {}

  /** @param transaction the one the caller is in, if it is in one */
  async find(
    organizationId: string,
    id: string,
    transaction?: Transaction,
  ): Promise<InvitationView | undefined> {
    const [row] = await (transaction ?? this.database).rows<InvitationView>(
      `SELECT ${viewColumns} FROM ${viewTables} WHERE i.organization_id = $1 AND i.id = $2`,
      [organizationId, id],
    );
    return row;
  }

  /** A page of the invitations of an organization; `search` looks in the e-mail addresses. */
  list(
    organizationId: string,
    query: InvitationsQuery,
    page: PageRequest,
  ): Promise<{ rows: InvitationView[]; total: number }> {
    const isOpen = query.status && query.status === 'open';
    const conditions = new Conditions()
      .add('i.organization_id = ?', organizationId)
      .add('(i.expires_at > now()) = ?', isOpen)
      .addCommon(query, { created: 'i.created_at', search: 'i.email' });
    return listRows<InvitationView>(this.database, {
      columns: viewColumns,
      from: viewTables,
      conditions,
      page,
    });
  }

  /**
   * How many open invitations there are to other addresses. Of everything that makes invitations of an organization, one goes on
   * at a time from here.
   */
  async lockAndCountOthers(
    transaction: Transaction,
    { organizationId, email }: Pick<Invitation, 'organizationId' | 'email'>,
  ): Promise<number> {
    await transaction.rows(`SELECT pg_advisory_xact_lock(hashtextextended('invitations of ' || $1, 0))`, [
      organizationId,
    ]);
    const [row] = await transaction.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM invitations
       WHERE organization_id = $1 AND lower(email) <> lower($2) AND expires_at > now()`,
      [organizationId, email],
    );
    return row?.count ?? 0;
  }

  /** Puts an invitation in the place of the one that the address has, if it has one: that one's token is dead. */
  async replace(transaction: Transaction, invitation: Invitation): Promise<void> {
    await transaction.rows(
      `INSERT INTO invitations
         (organization_id, id, email, role, custom_role_id, digest, invited_by, expires_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (organization_id, lower(email)) DO UPDATE SET id = EXCLUDED.id, email = EXCLUDED.email,
         role = EXCLUDED.role, custom_role_id = EXCLUDED.custom_role_id, digest = EXCLUDED.digest,
         invited_by = EXCLUDED.invited_by, expires_at = EXCLUDED.expires_at, created_at = EXCLUDED.created_at`,
      [
        invitation.organizationId,
        invitation.id,
        invitation.email,
        invitation.role,
        invitation.customRoleId,
        invitation.digest,
        invitation.invitedBy,
        invitation.expiresAt,
        invitation.createdAt,
      ],
    );
  }

  /** Takes an invitation back; false when there is none with this id. */
  async delete(transaction: Transaction, organizationId: string, id: string): Promise<boolean> {
    const rows = await transaction.rows(
      `DELETE FROM invitations WHERE organization_id = $1 AND id = $2 RETURNING id`,
      [organizationId, id],
    );
    return rows.length > 0;
  }

  /**
   * The invitation of a token, while it can be accepted; nothing is taken yet.
   *
   * @param transaction the one the caller is in, if it is in one
   */
  async findByDigest(digest: Buffer, transaction?: Transaction): Promise<PresentedInvitation | undefined> {
    const [row] = await (transaction ?? this.database).rows<PresentedInvitation>(
      `SELECT i.organization_id AS "organizationId", o.name AS "organizationName", i.id, i.email, i.role,
         i.custom_role_id AS "customRoleId", i.digest, i.invited_by AS "invitedBy"
       FROM invitations i JOIN organizations o ON o.id = i.organization_id
       WHERE i.digest = $1 AND i.expires_at > now()`,
      [digest],
    );
    return row;
  }

  /**
   * Takes an invitation out of the table: whoever gets it is the only one who does. The organization is held first, as
   * whoever deletes it does, so that neither waits for the other.
   *
   * @returns false when it was taken, replaced or deleted meanwhile
   */
  async take(
    transaction: Transaction,
    { organizationId, digest }: Pick<PresentedInvitation, 'organizationId' | 'digest'>,
  ): Promise<boolean> {
    await transaction.rows(`SELECT 1 FROM organizations WHERE id = $1 FOR KEY SHARE`, [organizationId]);
    const rows = await transaction.rows(
      `DELETE FROM invitations WHERE digest = $1 AND expires_at > now() RETURNING id`,
      [digest],
    );
    return rows.length > 0;
  }

  /** Whether an account has the invited address, compared as the accounts are: without regard to case. */
  async isFor(
    transaction: Transaction,
    { email }: Pick<PresentedInvitation, 'email'>,
    userId: string,
  ): Promise<boolean> {
    const rows = await transaction.rows(`SELECT 1 FROM users WHERE id = $1 AND lower(email) = lower($2)`, [
      userId,
      email,
    ]);
    return rows.length > 0;
  }
}
