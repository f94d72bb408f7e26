import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import type { Transaction } from '@credvault/database/database.js';

/** An API key to which something is granted. */
export interface GrantedKey {
  /** UUID. */
  id: string;
  name: string;
}

/** What a key shall be granted: a vault or a project, by UUID. */
export interface KeyGrantWish {
  vaultId: string | null;
  projectId: string | null;
  level: VaultLevel;
}

/** Says to which API keys something can be granted, and by whom. */
export interface KeyGrantees {
  /**
   * The key of the actor's organization, which then stays as it is until the transaction ends; undefined when there is none.
   *
   * @throws ScopeMissing without `key:manage`; KeyNotBound for one that reaches what its owner does; RightsTooWide and CONFLICT as
   *   for any change that widens the key
   */
  holdToGrant(
    transaction: Transaction,
    actor: Actor,
    keyId: string,
    wish: KeyGrantWish,
  ): Promise<GrantedKey | undefined>;
}

/** The port by which API keys, a domain to the right, say whether something may be granted to them. */
@Injectable()
export class KeyGranteesPort implements KeyGrantees {
  private keys: KeyGrantees | undefined;

  register(keys: KeyGrantees): void {
    this.keys = keys;
  }

  async holdToGrant(
    transaction: Transaction,
    actor: Actor,
    keyId: string,
    wish: KeyGrantWish,
  ): Promise<GrantedKey | undefined> {
    return this.keys?.holdToGrant(transaction, actor, keyId, wish);
  }
}
