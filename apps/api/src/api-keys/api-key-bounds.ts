import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { parseAddressRange } from '@credvault/access/address-ranges.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { VaultsService } from '../vaults/vaults.service.js';
import type { RequestedScope } from './api-key.dto.js';
import { ApiKeyFieldRefused } from './api-keys.errors.js';

/** Reads what bounds a key out of what somebody asked for. */
@Injectable()
export class ApiKeyBounds {
  constructor(private readonly vaults: VaultsService) {}

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

  /** UUIDs of vaults that the actor may know of. @throws ApiKeyFieldRefused naming the first that they may not */
  async vaultsOf(actor: Actor, ids: readonly string[] | null): Promise<string[] | null> {
    if (ids === null) return null;
    const uuids = ids.map((id) => uuidOf('vault', id));
    const known = await this.vaults.known(
      actor,
      uuids.filter((uuid) => uuid !== undefined),
    );
    return uuids.map((uuid, index) => {
      if (uuid !== undefined && known.has(uuid)) return uuid;
      throw new ApiKeyFieldRefused(`vaultIds.${index}`, 'unknown', 'names no vault of yours');
    });
  }

  /** Blocks of addresses in the form that is kept. @throws ApiKeyFieldRefused naming the first that is none */
  addressesOf(blocks: readonly string[] | null): string[] | null {
    if (blocks === null) return null;
    const ranges = blocks.map((text, index) => {
      const range = parseAddressRange(text);
      if (range !== undefined) return range;
      const problem =
        'must be a block of addresses such as 203.0.113.0/24 or 2001:db8::/32, without bits beyond its prefix';
      throw new ApiKeyFieldRefused(`allowedIps.${index}`, 'cidr', problem);
    });
    return [...new Set(ranges)];
  }
}
