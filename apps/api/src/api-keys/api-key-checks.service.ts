import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { ofApiKey } from '@credvault/access/allowances.js';
import { withImplied } from '@credvault/access/scopes.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { FairUse } from '@credvault/rate-limit/fair-use.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { VaultsService } from '../vaults/vaults.service.js';
import type {
  ConnectionCheck,
  ConnectionCheckDto,
  ConnectionTestDto,
  PermissionTestDto,
  TestPermissionDto,
} from './api-key-checks.dto.js';
import { effectiveScopes } from './api-key-rights.js';
import { ApiKeyNotFound } from './api-keys.errors.js';
import { ApiKeysRepository, type ApiKeyView } from './api-keys.repository.js';

/** A key with what is outside it and decides about it too. */
interface Examined {
  key: ApiKeyView;
  /** undefined: the owner is no member any more. */
  ownerRole: string | undefined;
  /** undefined: unlimited. */
  requestsPerMinute: number | undefined;
}

/** Tells whether a key would work, and why not, without using it. */
@Injectable()
export class ApiKeyChecksService {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly organizations: OrganizationsService,
    private readonly vaults: VaultsService,
    private readonly fairUse: FairUse,
  ) {}

  /**
   * Looks at everything the door looks at. Costs no quota: neither the key's nor its tester's.
   *
   * @param address where the program with the key is
   * @throws ApiKeyNotFound
   */
  async testConnection(actor: Actor, id: string, address: string | undefined): Promise<ConnectionTestDto> {
    const examined = await this.examine(actor, id);
    const limit = await this.limitProblem(examined);
    const problems: Record<ConnectionCheck, string | null> = {
      ...problemsOf(examined, address),
      plan_limit: limit,
    };
    const checks = Object.entries(problems).map(([check, reason]): ConnectionCheckDto => {
      return { check: check as ConnectionCheck, passed: reason === null, reason };
    });
    return { success: checks.every(({ passed }) => passed), checks };
  }

  /** Whether an operation would be let through. @throws ApiKeyNotFound */
  async testPermission(actor: Actor, id: string, wanted: TestPermissionDto): Promise<PermissionTestDto> {
    const { key, ownerRole } = await this.examine(actor, id);
    const problem =
      unusable(key, ownerRole) ??
      scopeProblem(key, ownerRole, wanted) ??
      (await this.vaultProblem(actor, key, wanted));
    return { allowed: problem === null, reason: problem ?? 'The key may do this.' };
  }

  private async examine(actor: Actor, id: string): Promise<Examined> {
    const { organizationId } = actor;
    const key = await this.keys.find(organizationId, id);
    if (!key) throw new ApiKeyNotFound();
    const [ownerRole, requestsPerMinute] = await Promise.all([
      this.organizations.roleOf(undefined, organizationId, key.userId),
      this.keys.findRequestsPerMinute(organizationId),
    ]);
    return { key, ownerRole, requestsPerMinute };
  }

  private async limitProblem({ key, requestsPerMinute }: Examined): Promise<string | null> {
    if (requestsPerMinute === undefined) return null;
    const { remaining, resetSeconds } = await this.fairUse.peek(ofApiKey(key.id, requestsPerMinute));
    if (remaining === undefined || remaining > 0) return null;
    return `Rate limit exceeded: ${requestsPerMinute} requests a minute are used up. Wait ${resetSeconds} seconds.`;
  }

  private async vaultProblem(
    actor: Actor,
    key: ApiKeyView,
    { vaultId }: TestPermissionDto,
  ): Promise<string | null> {
    if (vaultId === undefined) return null;
    const id = uuidOf('vault', vaultId);
    const known = id === undefined ? new Set<string>() : await this.vaults.known(actor, [id]);
    if (id === undefined || !known.has(id)) return 'There is no such vault.';
    return key.vaultIds?.includes(id) === false ? 'The key is limited to other vaults.' : null;
  }
}

function problemsOf(
  { key, ownerRole }: Examined,
  address: string | undefined,
): Record<Exclude<ConnectionCheck, 'plan_limit'>, string | null> {
  const isAllowed = key.allowedIps === null || new AddressRanges(key.allowedIps).holds(address);
  return {
    exists: null,
    not_paused: pausedProblem(key),
    not_expired: expiredProblem(key),
    address_allowed: isAllowed
      ? null
      : `The address ${address ?? '(unknown)'} is in none of the key's blocks.`,
    owner_active: inactiveProblem(ownerRole),
  };
}

function unusable(key: ApiKeyView, ownerRole: string | undefined): string | null {
  return pausedProblem(key) ?? expiredProblem(key) ?? inactiveProblem(ownerRole);
}

function pausedProblem({ pausedAt }: ApiKeyView): string | null {
  return pausedAt === null ? null : 'API key is paused';
}

function expiredProblem({ expiresAt }: ApiKeyView): string | null {
  return expiresAt === null || expiresAt.getTime() > Date.now() ? null : 'API key has expired';
}

function inactiveProblem(ownerRole: string | undefined): string | null {
  return ownerRole === undefined ? 'The owner of the key is no member of the organization any more.' : null;
}

function scopeProblem(
  { scopes }: ApiKeyView,
  ownerRole: string | undefined,
  { scope }: TestPermissionDto,
): string | null {
  if (!withImplied(scopes).has(scope)) return `The key has not the scope ${scope}.`;
  if (effectiveScopes(scopes, ownerRole).has(scope)) return null;
  return `The role of the key's owner does not have the scope ${scope}.`;
}
