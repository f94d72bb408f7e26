import { Injectable } from '@nestjs/common';
import { publicId, type IdKind } from '@credvault/database/typed-id.js';
import { DomainError } from '@credvault/http/domain-error.js';
import { idParameters, ResourceNotFound } from '@credvault/http/id-param.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import { kindOf } from './audit-event.dto.js';
import type { AuditEventRow } from './audit-events.repository.js';
import {
  CredentialUsageRepository,
  hoursOf,
  type CredentialOwner,
  type UsageBucket,
  type UsageFilter,
  type UsageInterval,
} from './credential-usage.repository.js';

const sortable: Record<string, SortColumn> = { createdAt: { sql: 'occurred_at', type: 'timestamptz' } };

const hour = 60 * 60_000;
/** How much a chart shows when nothing is said: a day in hours, a month in days. */
const usual: Record<UsageInterval, number> = { hour: 24, day: 30 };
const mostBuckets = 1_000;

/** One request of a credential. */
export interface UsedRequest extends AuditEventRow {
  /** Path relative to the version, with the ids that the request named. */
  path: string;
}

/** What a credential was used for. The history is the audit trail: nothing is written for it a second time. */
@Injectable()
export class CredentialUsageService {
  constructor(
    private readonly usage: CredentialUsageRepository,
    private readonly cursors: CursorCodec,
  ) {}

  /** A page of the requests of a credential, the newest first. Whether the caller may see them, the caller has checked. */
  async list<T>(
    owner: CredentialOwner,
    query: UsageFilter,
    toItem: (request: UsedRequest) => T,
  ): Promise<Page<T>> {
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `usage:${owner.credentialId}`,
    });
    const found = await this.usage.list(owner, query, page);
    return toPage(page, found, (row) => toItem(usedRequest(row)));
  }

  /** One request. @throws ResourceNotFound */
  async get(owner: CredentialOwner, id: string): Promise<UsedRequest> {
    const row = await this.usage.find(owner, id);
    if (!row) throw new ResourceNotFound('auditEvent');
    return usedRequest(row);
  }

  /** Counts for a chart. @throws BAD_REQUEST for a stretch that is empty or has more than 1,000 parts */
  async summarize(
    owner: CredentialOwner,
    { interval, from, to }: { interval: UsageInterval; from?: Date; to?: Date },
  ): Promise<UsageBucket[]> {
    const end = to ?? new Date();
    const length = hoursOf[interval] * hour;
    const start = from ?? new Date(end.getTime() - (usual[interval] - 1) * length);
    if (start >= end) throw unusable('from', 'must be earlier than to');
    const buckets = Math.ceil(end.getTime() / length) - Math.floor(start.getTime() / length);
    if (buckets > mostBuckets) throw unusable('from', `is more than ${mostBuckets} ${interval}s before to`);
    return this.usage.summarize(owner, interval, start, end);
  }
}

function unusable(path: string, problem: string): DomainError {
  return new DomainError('BAD_REQUEST', `${path} ${problem}.`, {
    details: [{ path, code: 'range', message: problem }],
  });
}

function usedRequest(row: AuditEventRow): UsedRequest {
  return { ...row, path: pathOf(row) };
}

/** The route with the ids that the record knows; a parameter it does not know stays `:version`. */
function pathOf({ route, vaultId, resourceType, resourceId }: AuditEventRow): string {
  let path = route ?? '';
  if (vaultId !== null) path = path.replace(':vaultId', publicId('vault', vaultId));
  if (resourceType === null || resourceId === null) return path;
  const kind = kindOf(resourceType);
  const parameter = (idParameters as Partial<Record<IdKind, string>>)[kind];
  return parameter === undefined ? path : path.replace(`:${parameter}`, publicId(kind, resourceId));
}
