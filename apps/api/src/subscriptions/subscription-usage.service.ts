import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { RequestCountsService } from '../audit/request-counts.service.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { VaultsService } from '../vaults/vaults.service.js';

/** What an organization uses. A count that would tell of what somebody may not see is null. */
export interface SubscriptionUsage {
  /** First moment of the month in UTC, and first moment after it. */
  periodStart: Date;
  periodEnd: Date;
  /** Requests since `periodStart`; everything else as it is now. */
  requests: number;
  vaults: number | null;
  secrets: number | null;
  members: number;
  serviceAccounts: number;
  apiKeys: number | null;
}

/** Counts what an organization uses, each in its own domain. */
@Injectable()
export class SubscriptionUsageService {
  constructor(
    private readonly requests: RequestCountsService,
    private readonly organizations: OrganizationsService,
    private readonly vaults: VaultsService,
    private readonly keys: ApiKeysService,
  ) {}

  /** Whoever manages the subscription is told everything; others, how many there are of what they may list. */
  async of(actor: Actor): Promise<SubscriptionUsage> {
    const { organizationId } = actor;
    const may = countsFor(actor);
    const [{ from, to, requests }, people, kept, apiKeys] = await Promise.all([
      this.requests.ofMonth(organizationId),
      this.organizations.countMembers(organizationId),
      this.vaults.countWithSecrets(organizationId),
      this.keys.count(organizationId),
    ]);
    return {
      periodStart: from,
      periodEnd: to,
      requests,
      vaults: may.vaults ? kept.vaults : null,
      secrets: may.secrets ? kept.secrets : null,
      ...people,
      apiKeys: may.apiKeys ? apiKeys : null,
    };
  }
}

/** Which counts would tell an actor nothing that they could not list, or that they need for the bill. */
function countsFor(actor: Actor): Record<'vaults' | 'secrets' | 'apiKeys', boolean> {
  const { scopes } = actor;
  const isPaying = scopes.has('billing:manage');
  const reachesAll = knownVaults(actor) === undefined;
  return {
    vaults: isPaying || (reachesAll && scopes.has('vault:read')),
    secrets: isPaying || (reachesAll && scopes.has('secret:list')),
    apiKeys: isPaying || scopes.has('key:read'),
  };
}
