import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { parseAddressRanges } from '@credvault/access/address-ranges.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { ProjectsService } from '../projects/projects.service.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { isBound, type KeyBinding } from './api-key-binding.js';
import type { KeyBounds } from './api-key-rights.js';
import type { RequestedScope, UpdateApiKeyDto } from './api-key-requests.dto.js';
import { ApiKeyFieldRefused, KeyHasGrants } from './api-keys.errors.js';

/** What of a key's bounds a request names, as it is kept; what is undefined was left out. */
export type NamedBounds = Partial<Pick<KeyBounds, 'vaultIds' | 'projectIds' | 'environments' | 'allowedIps'>>;

/** Reads what bounds a key out of what somebody asked for. */
@Injectable()
export class ApiKeyBounds {
  constructor(
    private readonly vaults: VaultsService,
    private readonly projects: ProjectsService,
  ) {}

  /**
   * Scopes in the order of the catalogue.
   *
   * @param all what `*` stands for
   * @throws ApiKeyFieldRefused when `*` stands for nothing, and a key without any scope would be left
   */
  scopesOf(requested: readonly RequestedScope[], all: ReadonlySet<Scope>): Scope[] {
    const scopes = allScopes.filter(
      (scope) => requested.includes(scope) || (requested.includes('*') && all.has(scope)),
    );
    if (scopes.length > 0) return scopes;
    throw new ApiKeyFieldRefused('scopes', 'empty', 'would leave the key none: you and its owner share none');
  }

  /** What both the actor and the owner of a key may. */
  common(actor: Actor, owner: MemberRights | undefined): ReadonlySet<Scope> {
    return owner ? actor.scopes.intersection(owner.scopes) : new Set();
  }

  /** @throws ApiKeyFieldRefused, AddressRangeRefused naming the first id or block that is none that the actor may know of */
  async namedIn(
    actor: Actor,
    { vaultIds, projectIds, environments, allowedIps }: Partial<UpdateApiKeyDto>,
  ): Promise<NamedBounds> {
    return {
      vaultIds: vaultIds && (await this.vaultsOf(actor, vaultIds)),
      projectIds: projectIds && (await this.projectsOf(actor, projectIds)),
      environments,
      allowedIps: allowedIps && parseAddressRanges(allowedIps, 'allowedIps'),
    };
  }

  /** UUIDs of vaults that the actor may know of. */
  private vaultsOf(actor: Actor, ids: readonly string[]): Promise<string[]> {
    return knownAmong('vault', ids, (uuids) => this.vaults.known(actor, uuids));
  }

  /** UUIDs of projects that the actor may know of. */
  private projectsOf(actor: Actor, ids: readonly string[]): Promise<string[]> {
    return knownAmong('project', ids, (uuids) => this.projects.known(actor, uuids));
  }
}

/**
 * The binding of a key after a change, or of a new one. Without its projects a key has no environments either.
 *
 * @param present undefined: there is no key yet
 * @throws ApiKeyFieldRefused for environments of no project; KeyHasGrants for taking away what the grants of a key add to
 */
export function bindingAfter(named: NamedBounds, present?: KeyBinding): Omit<KeyBinding, 'granted'> {
  const { vaultIds = present?.vaultIds ?? null, projectIds = present?.projectIds ?? null } = named;
  const kept = projectIds === null ? null : (present?.environments ?? null);
  const { environments = kept } = named;
  if (environments !== null && projectIds === null) {
    throw new ApiKeyFieldRefused(
      'environments',
      'without_projects',
      'are those of projectIds: name these as well',
    );
  }
  const binding = { vaultIds, projectIds, environments };
  const unbinds = present !== undefined && isBound(present) && !isBound(binding);
  if (unbinds && present.granted.length > 0) throw new KeyHasGrants();
  return binding;
}

async function knownAmong(
  kind: 'vault' | 'project',
  ids: readonly string[],
  find: (uuids: string[]) => Promise<ReadonlySet<string>>,
): Promise<string[]> {
  const uuids = ids.map((id) => uuidOf(kind, id));
  const known = await find(uuids.filter((uuid) => uuid !== undefined));
  return uuids.map((uuid, index) => {
    if (uuid !== undefined && known.has(uuid)) return uuid;
    throw new ApiKeyFieldRefused(`${kind}Ids.${index}`, 'unknown', `names no ${kind} of yours`);
  });
}
