import { Injectable } from '@nestjs/common';
import { scopesOfRole } from '@credvault/access/roles.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { Organization } from './organization.entity.js';

/** An organization as one of its members sees it. */
export interface OwnOrganization extends Pick<
  Organization,
  'id' | 'name' | 'plan' | 'allowedIps' | 'requireMfa' | 'revision' | 'createdAt' | 'updatedAt'
> {
  /** A built-in role, or `custom`. */
  role: string;
  customRoleId: string | null;
  /** Null when the role does not show the members. */
  memberCount: number | null;
}

/** Whose organizations: all of a member's, or the one that is named. */
export interface Belonging {
  userId: string;
  organizationId?: string;
}

interface OwnOrganizationRow extends OwnOrganization {
  memberCount: number;
  roleScopes: Scope[] | null;
}

const columns = `o.id, o.name, o.plan, m.role, m.custom_role_id AS "customRoleId", r.scopes AS "roleScopes",
  (SELECT count(*)::int FROM memberships other WHERE other.organization_id = o.id) AS "memberCount",
  o.allowed_ips AS "allowedIps", o.require_mfa AS "requireMfa", o.revision, o.created_at AS "createdAt", o.updated_at AS "updatedAt"`;

const ownOrganizations = `memberships m JOIN organizations o ON o.id = m.organization_id
  LEFT JOIN roles r ON r.organization_id = m.organization_id AND r.id = m.custom_role_id`;

/** The organizations somebody belongs to. */
@Injectable()
export class OwnOrganizationsRepository {
  constructor(private readonly database: Database) {}

  /** @param transaction the one the caller is in, if it is in one */
  async find(
    userId: string,
    organizationId: string,
    transaction?: Transaction,
  ): Promise<OwnOrganization | undefined> {
    const [row] = await (transaction ?? this.database).rows<OwnOrganizationRow>(
      `SELECT ${columns} FROM ${ownOrganizations} WHERE m.user_id = $1 AND m.organization_id = $2`,
      [userId, organizationId],
    );
    return row && asSeen(row);
  }

  async list(
    { userId, organizationId }: Belonging,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: OwnOrganization[]; total: number }> {
    const conditions = new Conditions()
      .add('m.user_id = ?', userId)
      .add('m.organization_id = ?', organizationId)
      .addCommon(query, { created: 'o.created_at', updated: 'o.updated_at', search: 'o.name' });
    const found = await listRows<OwnOrganizationRow>(this.database, {
      columns,
      from: ownOrganizations,
      conditions,
      page,
    });
    return { ...found, rows: found.rows.map(asSeen) };
  }

  /** Of everything that changes how many organizations a person has or owns by their own doing, one goes on at a time. */
  async lockNumberOf(transaction: Transaction, userId: string): Promise<void> {
    await transaction.rows(`SELECT pg_advisory_xact_lock(hashtextextended('organizations of ' || $1, 0))`, [
      userId,
    ]);
  }

  /** How many organizations a person belongs to, and how many of these they own. */
  async countOf(transaction: Transaction, userId: string): Promise<{ all: number; owned: number }> {
    const [row] = await transaction.rows<{ all: number; owned: number }>(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE role = 'owner')::int AS owned
       FROM memberships WHERE user_id = $1`,
      [userId],
    );
    return row ?? { all: 0, owned: 0 };
  }
}

function asSeen({ roleScopes, memberCount, ...row }: OwnOrganizationRow): OwnOrganization {
  const scopes = roleScopes ? withImplied(roleScopes) : scopesOfRole(row.role);
  return { ...row, memberCount: scopes.has('organization:read') ? memberCount : null };
}
