import { Injectable } from '@nestjs/common';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import type { Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { Grant } from './grant.entity.js';
import { objectColumns, type GrantedObject } from './granted-object.js';

/** What every change of a grant leaves behind: its record, and caches that forget whom it concerns. */
@Injectable()
export class GrantRecords {
  constructor(
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** Forgets, in this process at once, what those whom a grant concerns may do. */
  forgetAfter(
    transaction: Transaction,
    { userId, teamId, apiKeyId }: Pick<Grant, 'userId' | 'teamId' | 'apiKeyId'>,
  ): void {
    transaction.afterCommit(() => {
      if (userId !== null) this.credentials.invalidate({ kind: 'user', id: userId });
      if (teamId !== null) this.credentials.invalidate({ kind: 'team', id: teamId });
      if (apiKeyId !== null) this.credentials.invalidate({ kind: 'credential', id: apiKeyId });
    });
  }

  /** @throws AuditUnavailable */
  record(
    transaction: Transaction,
    object: GrantedObject,
    grantId: string,
    entry: { type: string; status: number; details: Record<string, unknown>; secondary?: true },
  ): Promise<void> {
    const { vaultId, projectId } = objectColumns(object);
    const ofProject = projectId === null ? {} : { projectId: publicId('project', projectId) };
    return this.auditLog.recordChange(transaction, object.actor, {
      ...entry,
      details: { ...entry.details, ...ofProject },
      resourceType: 'grant',
      resourceId: grantId,
      vaultId: vaultId ?? undefined,
    });
  }
}
