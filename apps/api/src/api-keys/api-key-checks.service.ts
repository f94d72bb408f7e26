import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { ofApiKey } from '@credvault/access/allowances.js';
import { levelAllows, levelFor, reachInto, type VaultLevel } from '@credvault/access/vault-levels.js';
import { withImplied, type Scope } from '@credvault/access/scopes.js';
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
import { ApiKeyReachRepository } from './api-key-reach.repository.js';
import { effectiveScopes } from './api-key-rights.js';
import { statusOf } from './api-key.dto.js';
import { ApiKeyNotFound } from './api-keys.errors.js';
import type { ApiKeyView } from './api-key-view.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** A key with what is outside it and decides about it too. */
interface Examined {
  key: ApiKeyView;
  /** undefined: the owner is no member any more. */
  owner: MemberRights | undefined;
  /** undefined: unlimited. */
  requestsPerMinute: number | undefined;
}

/** Tells whether a key would work, and why not, without using it. */
@Injectable()
export class ApiKeyChecksService {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly reaches: ApiKeyReachRepository,
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
      ...problemsOf(examined, actor, address),
      plan_limit: limit,
    };
    const checks = Object.entries(problems).map(([check, reason]): ConnectionCheckDto => {
      return { check: check as ConnectionCheck, passed: reason === null, reason };
    });
    return { success: checks.every(({ passed }) => passed), checks };
  }

  /** Whether an operation would be let through. @throws ApiKeyNotFound */
  async testPermission(actor: Actor, id: string, wanted: TestPermissionDto): Promise<PermissionTestDto> {
    const { key, owner } = await this.examine(actor, id);
    const problem =
      unusable(key, owner) ??
      scopeProblem(key, owner, wanted) ??
      (await this.vaultProblem(actor, { key, owner }, wanted));
    return { allowed: problem === null, reason: problem ?? 'The key may do this.' };
  }

  private async examine(actor: Actor, id: string): Promise<Examined> {
    const { organizationId } = actor;
    const key = await this.keys.find(organizationId, id);
    if (!key) throw new ApiKeyNotFound();
    const [owner, requestsPerMinute] = await Promise.all([
      this.organizations.rightsOf(undefined, organizationId, key.userId),
      this.keys.findRequestsPerMinute(organizationId),
    ]);
    return { key, owner, requestsPerMinute };
  }

  private async limitProblem({ key, requestsPerMinute }: Examined): Promise<string | null> {
    if (requestsPerMinute === undefined) return null;
    const { remaining, resetSeconds } = await this.fairUse.peek(ofApiKey(key.id, requestsPerMinute));
    if (remaining === undefined || remaining > 0) return null;
    return `Rate limit exceeded: ${requestsPerMinute} requests a minute are used up. Wait ${resetSeconds} seconds.`;
  }

  private async vaultProblem(
    actor: Actor,
    { key, owner }: Pick<Examined, 'key' | 'owner'>,
    { scope, vaultId }: TestPermissionDto,
  ): Promise<string | null> {
    if (vaultId === undefined) return null;
    const id = uuidOf('vault', vaultId);
    const known = id === undefined ? new Set<string>() : await this.vaults.known(actor, [id]);
    if (id === undefined || !known.has(id)) return 'There is no such vault.';
    const reach = await this.reaches.find(key);
    const ofKey = reach ? reach.vaults.get(id) : 'manager';
    if (ofKey === undefined) return this.boundProblem(key, id);
    const ofOwner = owner && reachInto({ grants: owner.grants }, id);
    if (ofOwner === undefined) return "The vault is not granted to the key's owner.";
    return levelProblem("the key's owner", ofOwner, scope) ?? levelProblem('the key', ofKey, scope);
  }

  /** Why a key that is bound does not reach a vault. */
  private async boundProblem(key: ApiKeyView, vaultId: string): Promise<string> {
    const { projectIds, environments, granted } = key;
    if (projectIds === null && granted.length === 0) return 'The key is limited to other vaults.';
    if (environments === null || !(await this.reaches.hasInProjects(key, vaultId))) {
      return 'The key is limited to other vaults and projects.';
    }
    return `The vault is in a project of the key, which is limited to ${environments.join(', ')} there.`;
  }
}

function problemsOf(
  { key, owner }: Examined,
  actor: Actor,
  address: string | undefined,
): Record<Exclude<ConnectionCheck, 'plan_limit'>, string | null> {
  return {
    exists: null,
    not_paused: pausedProblem(key),
    not_expired: expiredProblem(key),
    address_allowed: addressProblem(key, actor, address),
    owner_active: inactiveProblem(owner),
  };
}

/** The list of the key and that of its organization, which is the actor's too. */
function addressProblem(
  { allowedIps }: ApiKeyView,
  { organizationAddresses }: Actor,
  address = '(unknown)',
): string | null {
  if (allowedIps && !new AddressRanges(allowedIps).holds(address)) {
    return `The address ${address} is in none of the key's blocks.`;
  }
  if (organizationAddresses?.holds(address) !== false) return null;
  return `The address ${address} is in none of the organization's blocks.`;
}

function levelProblem(grantee: string, level: VaultLevel, scope: Scope): string | null {
  if (levelFor(scope) === undefined || levelAllows(level, scope)) return null;
  return `The vault is granted to ${grantee} as ${level}, which does not allow it.`;
}

function unusable(key: ApiKeyView, owner: MemberRights | undefined): string | null {
  return pausedProblem(key) ?? expiredProblem(key) ?? inactiveProblem(owner);
}

function pausedProblem({ pausedAt }: ApiKeyView): string | null {
  return pausedAt === null ? null : 'API key is paused';
}

function expiredProblem(key: ApiKeyView): string | null {
  return statusOf(key) === 'expired' ? 'API key has expired' : null;
}

function inactiveProblem(owner: MemberRights | undefined): string | null {
  return owner === undefined ? 'The owner of the key is no member of the organization any more.' : null;
}

function scopeProblem(
  { scopes }: ApiKeyView,
  owner: MemberRights | undefined,
  { scope }: TestPermissionDto,
): string | null {
  if (!withImplied(scopes).has(scope)) return `The key has not the scope ${scope}.`;
  if (effectiveScopes(scopes, owner).has(scope)) return null;
  return `The role of the key's owner does not have the scope ${scope}.`;
}
