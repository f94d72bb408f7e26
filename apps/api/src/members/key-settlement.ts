import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { MemberKeysPort } from './member-keys.js';
import type { KeyFate, RemoveMemberQuery } from './member.dto.js';
import { MemberOwnsKeys, TransferRefused } from './members.errors.js';

/** What becomes of the API keys of whoever goes, a person or a service account; undefined: nothing was said. */
export type Fate = { keys: Exclude<KeyFate, 'transfer'> } | { keys: 'transfer'; to: string } | undefined;

/** Does with the API keys of a member who goes what the request says. */
@Injectable()
export class KeySettlement {
  constructor(private readonly keys: MemberKeysPort) {}

  /**
   * @returns how many keys the member owned
   * @throws MemberOwnsKeys when they own keys and nothing was said; what `MemberKeys.transferAll` throws
   */
  async settle(transaction: Transaction, actor: Actor, userId: string, fate: Fate): Promise<number> {
    if (fate?.keys === 'revoke') return this.keys.revokeAll(transaction, actor, userId);
    if (fate?.keys === 'transfer') return this.keys.transferAll(transaction, actor, userId, fate.to);
    const owned = await this.keys.listOf(transaction, actor.organizationId, userId);
    if (owned.length > 0) throw new MemberOwnsKeys(owned, actor.scopes.has('key:read'));
    return 0;
  }
}

/** Reads what a request says. @throws TransferRefused */
export function fateOf({ keys, to }: RemoveMemberQuery): Fate {
  if (keys !== 'transfer') {
    if (to !== undefined) throw new TransferRefused('can only be given with keys=transfer');
    return keys && { keys };
  }
  if (to === undefined) throw new TransferRefused('is needed with keys=transfer');
  const userId = uuidOf('serviceAccount', to);
  if (userId === undefined) throw new TransferRefused('names no service account of the organization');
  return { keys, to: userId };
}
