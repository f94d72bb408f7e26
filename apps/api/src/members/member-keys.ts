import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';

/** An API key as the refusal to remove its owner names it. */
export interface OwnedKey {
  /** UUID. */
  id: string;
  name: string;
  /** What may be shown of its token. */
  hint: string;
}

/** What becomes of the API keys of a member who is removed; all of it in the transaction that removes them. */
export interface MemberKeys {
  /** The keys that a member owns, the oldest first. */
  listOf(transaction: Transaction, organizationId: string, userId: string): Promise<OwnedKey[]>;
  /** Revokes the keys that a member of the actor's organization owns, each with its record; returns how many. */
  revokeAll(transaction: Transaction, actor: Actor, userId: string): Promise<number>;
  /**
   * Hands them to a service account of the same organization, none wider than it was; returns how many.
   *
   * @throws FORBIDDEN naming the keys that would do more than they did or than the actor may
   */
  transferAll(transaction: Transaction, actor: Actor, userId: string, toUserId: string): Promise<number>;
}

/** The port by which API keys, a domain to the right, say what their owners leave behind. */
@Injectable()
export class MemberKeysPort implements MemberKeys {
  private keys: MemberKeys | undefined;

  register(keys: MemberKeys): void {
    this.keys = keys;
  }

  async listOf(transaction: Transaction, organizationId: string, userId: string): Promise<OwnedKey[]> {
    return (await this.keys?.listOf(transaction, organizationId, userId)) ?? [];
  }

  async revokeAll(transaction: Transaction, actor: Actor, userId: string): Promise<number> {
    return (await this.keys?.revokeAll(transaction, actor, userId)) ?? 0;
  }

  async transferAll(
    transaction: Transaction,
    actor: Actor,
    userId: string,
    toUserId: string,
  ): Promise<number> {
    return (await this.keys?.transferAll(transaction, actor, userId, toUserId)) ?? 0;
  }
}
