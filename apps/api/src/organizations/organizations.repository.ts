import { Injectable } from '@nestjs/common';
import {
  memberColumns,
  memberJoins,
  memberJoinsAtStake,
  type MemberRow,
} from '@credvault/access/member-rights.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { Membership } from './membership.entity.js';
import type { LimitChange, OrganizationLimits } from './organization-limits.js';
import type { OrganizationSettings } from './organization-settings.js';
import { Organization } from './organization.entity.js';

interface MembershipRow {
  organization_id: string;
}

const selectOldest = `SELECT organization_id FROM memberships WHERE user_id = $1
  ORDER BY created_at, organization_id LIMIT 1`;

const limitColumns = `o.id, o.name, o.plan, o.requested_plan AS "requestedPlan",
  o.api_key_requests_per_minute AS "apiKeyRequestsPerMinute", o.token_requests_per_minute AS "tokenRequestsPerMinute",
  coalesce(o.api_key_requests_per_minute, p.api_key_requests_per_minute) AS "effectiveApiKeyRequestsPerMinute",
  coalesce(o.token_requests_per_minute, p.token_requests_per_minute) AS "effectiveTokenRequestsPerMinute",
  o.revision, o.created_at AS "createdAt", o.updated_at AS "updatedAt"`;

const withPlan = `organizations o JOIN plans p ON p.name = o.plan`;

const selectLimits = `SELECT ${limitColumns} FROM ${withPlan} WHERE o.id = $1`;

@Injectable()
export class OrganizationsRepository {
  constructor(private readonly database: Database) {}

  findById(id: string): Promise<Organization | null> {
    return this.database.manager.findOneBy(Organization, { id });
  }

  /** The organization of a person's oldest membership. */
  async findOldestOf(userId: string, transaction?: Transaction): Promise<string | undefined> {
    const [row] = transaction
      ? await transaction.rows<MembershipRow>(selectOldest, [userId])
      : await this.database.rows<MembershipRow>(selectOldest, [userId]);
    return row?.organization_id;
  }

  /** The organizations that a person belongs to, with the addresses they take credentials from; the oldest membership first. */
  findHomesOf(userId: string): Promise<{ organizationId: string; allowedIps: string[] | null }[]> {
    return this.database.rows(
      `SELECT m.organization_id AS "organizationId", o.allowed_ips AS "allowedIps"
       FROM memberships m JOIN organizations o ON o.id = m.organization_id
       WHERE m.user_id = $1 ORDER BY m.created_at, m.organization_id`,
      [userId],
    );
  }

  /** What a member may do, and where; with `atStake`, what they could do if every deleted vault were restored. */
  async findMember(
    transaction: Transaction | undefined,
    organizationId: string,
    userId: string,
    { atStake = false } = {},
  ): Promise<MemberRow | undefined> {
    const joins = atStake ? memberJoinsAtStake : memberJoins;
    const [row] = await (transaction ?? this.database).rows<MemberRow>(
      `SELECT ${memberColumns} FROM memberships m ${joins} WHERE m.organization_id = $1 AND m.user_id = $2`,
      [organizationId, userId],
    );
    return row;
  }

  async insert(transaction: Transaction, organization: Organization, membership: Membership): Promise<void> {
    await transaction.manager.insert(Organization, organization);
    await transaction.manager.insert(Membership, membership);
  }

  async addToVaultCount(transaction: Transaction, id: string, change: number): Promise<void> {
    await transaction.manager.increment(Organization, { id }, 'vaultCount', change);
  }

  lock(transaction: Transaction, id: string): Promise<Organization | null> {
    return transaction.manager.findOne(Organization, {
      where: { id },
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** The people who own an organization. */
  async countOwners(transaction: Transaction, id: string): Promise<number> {
    const [row] = await transaction.rows<{ owners: number }>(
      `SELECT count(*)::int AS owners FROM memberships m JOIN users u ON u.id = m.user_id
       WHERE m.organization_id = $1 AND m.role = 'owner' AND u.kind = 'person'`,
      [id],
    );
    return row?.owners ?? 0;
  }

  /** The members of an organization by kind. */
  async countMembers(id: string): Promise<{ members: number; serviceAccounts: number }> {
    const [row] = await this.database.rows<{ members: number; serviceAccounts: number }>(
      `SELECT (count(*) FILTER (WHERE u.kind = 'person'))::int AS members,
         (count(*) FILTER (WHERE u.kind = 'service'))::int AS "serviceAccounts"
       FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.organization_id = $1`,
      [id],
    );
    return row ?? { members: 0, serviceAccounts: 0 };
  }

  async update(
    transaction: Transaction,
    id: string,
    fields: LimitChange &
      Partial<OrganizationSettings & Pick<Organization, 'name' | 'requestedPlan' | 'updatedAt'>>,
  ): Promise<void> {
    await transaction.manager.update(Organization, { id }, { ...fields, revision: () => 'revision + 1' });
  }

  /** @param transaction the one the caller is in, if it is in one */
  async findLimits(id: string, transaction?: Transaction): Promise<OrganizationLimits | undefined> {
    const [row] = await (transaction
      ? transaction.rows<OrganizationLimits>(selectLimits, [id])
      : this.database.rows<OrganizationLimits>(selectLimits, [id]));
    return row;
  }

  /** A page of all organizations of the installation, or of those with one plan. */
  listLimits(
    query: ListQuery & { plan?: string },
    page: PageRequest,
  ): Promise<{ rows: OrganizationLimits[]; total: number }> {
    const conditions = new Conditions()
      .add('o.plan = ?', query.plan)
      .addCommon(query, { created: 'o.created_at', updated: 'o.updated_at', search: 'o.name' });
    return listRows<OrganizationLimits>(this.database, {
      columns: limitColumns,
      from: withPlan,
      conditions,
      page,
    });
  }
}
