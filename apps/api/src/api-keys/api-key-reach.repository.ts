import { Injectable } from '@nestjs/common';
import type { QueryResultRow } from 'pg';
import { Database, type Transaction } from '@credvault/database/database.js';
import {
  boundReach,
  reachColumns,
  reachJoins,
  type BoundReach,
  type BoundReachRow,
} from './api-key-reach.js';
import type { ApiKey } from './api-key.entity.js';

/** Reads how far keys reach, outside the statement that finds their principals. */
@Injectable()
export class ApiKeyReachRepository {
  constructor(private readonly database: Database) {}

  /** What a key is bound to by now; undefined: to nothing, or it is gone. */
  async find(
    { organizationId, id }: Pick<ApiKey, 'organizationId' | 'id'>,
    transaction?: Transaction,
  ): Promise<BoundReach | undefined> {
    const [row] = await (transaction ?? this.database).rows<BoundReachRow & QueryResultRow>(
      `SELECT ${reachColumns} FROM api_keys k ${reachJoins} WHERE k.organization_id = $1 AND k.id = $2`,
      [organizationId, id],
    );
    return row && boundReach(row);
  }

  /** Whether a vault is in one of the projects that a key is bound to, in whatever environment. */
  async hasInProjects(
    { organizationId, projectIds }: Pick<ApiKey, 'organizationId' | 'projectIds'>,
    vaultId: string,
  ): Promise<boolean> {
    const rows = await this.database.rows(
      `SELECT 1 FROM vaults WHERE organization_id = $1 AND id = $2 AND project_id = ANY ($3::uuid[])`,
      [organizationId, vaultId, projectIds],
    );
    return rows.length > 0;
  }
}
