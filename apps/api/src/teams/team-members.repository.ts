import { Injectable } from '@nestjs/common';
import type { GrantedRank } from '@credvault/access/granted-rights.js';
import { grantsAtStake } from '@credvault/access/grants-at-stake.js';
import type { MemberKind, MemberType } from '@credvault/access/member-id.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import { TeamMember } from './team-member.entity.js';

/** Somebody in a team. */
export interface TeamMemberView {
  /** UUID of the person or service account. */
  id: string;
  kind: MemberKind;
  name: string;
  /** When they were added. */
  createdAt: Date;
}

/** Names a member of a team, by UUIDs. */
export type Place = Pick<TeamMember, 'organizationId' | 'teamId' | 'userId'>;

const columns = `u.id, u.kind, u.name, t.created_at AS "createdAt"`;

const from = `team_members t JOIN users u ON u.id = t.user_id`;

@Injectable()
export class TeamMembersRepository {
  constructor(private readonly database: Database) {}

  async find({ organizationId, teamId, userId }: Place): Promise<TeamMemberView | undefined> {
    const [row] = await this.database.rows<TeamMemberView>(
      `SELECT ${columns} FROM ${from} WHERE t.organization_id = $1 AND t.team_id = $2 AND t.user_id = $3`,
      [organizationId, teamId, userId],
    );
    return row;
  }

  async insert(transaction: Transaction, member: TeamMember): Promise<void> {
    await transaction.manager.insert(TeamMember, member);
  }

  /** @returns false when they were not in the team */
  async delete(transaction: Transaction, { organizationId, teamId, userId }: Place): Promise<boolean> {
    const { affected } = await transaction.manager.delete(TeamMember, { organizationId, teamId, userId });
    return affected === 1;
  }

  /**
   * What a team's members reach by it: the rank of each vault and each project that is granted to it, deleted vaults that can be
   * restored included.
   */
  findGrants(transaction: Transaction, organizationId: string, teamId: string): Promise<GrantedRank[]> {
    return transaction.rows(
      `SELECT g.vault_id AS "vaultId", g.project_id AS "projectId", g.level FROM ${grantsAtStake} g
       WHERE g.organization_id = $1 AND g.team_id = $2`,
      [organizationId, teamId],
    );
  }

  list(
    organizationId: string,
    teamId: string,
    query: ListQuery & { type?: MemberType },
    page: PageRequest,
  ): Promise<{ rows: TeamMemberView[]; total: number }> {
    const conditions = new Conditions()
      .add('t.organization_id = ?', organizationId)
      .add('t.team_id = ?', teamId)
      .add(`(u.kind = 'service') = (? = 'service_account')`, query.type)
      .addCommon(query, { created: 't.created_at', search: 'u.name' });
    return listRows<TeamMemberView>(this.database, { columns, from, conditions, page });
  }
}
