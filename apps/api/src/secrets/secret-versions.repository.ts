import { Injectable } from '@nestjs/common';
import { Database } from '@credvault/database/database.js';
import { Conditions, listRows } from '@credvault/database/list-rows.js';
import type { MemberKind } from '@credvault/access/member-id.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { PageRequest } from '@credvault/http/pagination/page-request.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';

export interface VersionRow {
  version: number;
  createdAt: Date;
  createdBy: string;
  createdByKind: MemberKind;
}

@Injectable()
export class SecretVersionsRepository {
  constructor(private readonly database: Database) {}

  list(
    vault: AuthorizedVault,
    secretId: string,
    query: ListQuery,
    page: PageRequest,
  ): Promise<{ rows: VersionRow[]; total: number }> {
    const conditions = new Conditions()
      .add('organization_id = ?', vault.organizationId)
      .add('vault_id = ?', vault.id)
      .add('secret_id = ?', secretId)
      .addCommon(query, { created: 'created_at', search: 'version::text' });
    const columns = `version, created_at AS "createdAt", created_by AS "createdBy",
      coalesce((SELECT u.kind FROM users u WHERE u.id = created_by), 'person') AS "createdByKind"`;
    return listRows<VersionRow>(this.database, { columns, from: 'secret_versions', conditions, page });
  }
}
