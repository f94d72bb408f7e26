import { Injectable } from '@nestjs/common';
import {
  refusalOf,
  type CredentialType,
  type Principal,
  type RequestOrigin,
} from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { reportRow } from '@credvault/audit-log/audit-record.js';
import { withoutTokens } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import type { IdKind } from '@credvault/database/typed-id.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { OrganizationsService } from '../organizations/organizations.service.js';

/** Reports that one address may send in a minute; a scanner of a code host sends from several. */
const reportsPerMinute = 30;
const windowSeconds = 60;

const kinds: Record<CredentialType, IdKind> = {
  session: 'session',
  api_token: 'apiToken',
  api_key: 'apiKey',
};

/** A token that somebody found. */
export interface LeakReport {
  token: string;
  /** Where it was found, in the finder's words. */
  source?: string;
  origin: RequestOrigin;
}

/**
 * Takes reports of tokens that were found where they should not be. One that works is told to its organization by an event,
 * and stopped if the organization has chosen that; whoever has such a token could do worse with it than stop it.
 */
@Injectable()
export class LeakedTokensService {
  private readonly limit: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly credentials: CredentialRegistry,
    private readonly organizations: OrganizationsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {
    const message = 'Too many reports from this address.';
    this.limit = new AttemptLimit(counters.window('leaked-tokens', windowSeconds), reportsPerMinute, message);
  }

  /** @throws TooManyAttempts, AuditUnavailable */
  async report({ token, source, origin }: LeakReport): Promise<void> {
    await this.limit.take(addressBlock(origin.ip));
    const principal = await this.credentials.findLeaked(token);
    if (!principal || isOver(principal)) return;
    const { leakedTokens } = await this.organizations.get(principal.organizationId);
    const found = source && withoutTokens(source.replaceAll(token, '[token]'));
    await this.database.transaction(async (transaction) => {
      const stopped = leakedTokens === 'pause' && (await this.credentials.stop(transaction, principal));
      await this.tell(transaction, principal, origin, {
        action: stopped ? 'stopped' : 'reported',
        source: found,
      });
    }, principal.organizationId);
  }

  private tell(
    transaction: Transaction,
    principal: Principal,
    origin: RequestOrigin,
    details: Record<string, unknown>,
  ): Promise<void> {
    const row = reportRow(principal.organizationId, origin, {
      type: `${principal.credentialType}.leaked`,
      status: 202,
      resourceType: kinds[principal.credentialType],
      resourceId: principal.credentialId,
      details,
    });
    return this.auditLog.appendRow(transaction, row);
  }
}

/** A secret that a rotation has replaced, or a credential that has ended, is no danger any more. A paused one may be resumed. */
function isOver(principal: Principal): boolean {
  const anywhere = { allowedAddresses: undefined, organizationAddresses: undefined };
  const refusal = refusalOf({ ...principal, ...anywhere }, undefined);
  return refusal === 'secret rotated' || refusal === 'credential expired' || refusal === 'owner inactive';
}
