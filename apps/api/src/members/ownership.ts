import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { OwnerNeeded } from './members.errors.js';
import { MembersRepository } from './members.repository.js';

/**
 * Who may make an owner. The scopes do not say it: a custom role may have all of them, and so may an API key, which a program
 * holds.
 */
@Injectable()
export class Ownership {
  constructor(private readonly members: MembersRepository) {}

  /** @throws OwnerNeeded unless the actor is an owner, here in person */
  async assertMayGive(transaction: Transaction, actor: Actor): Promise<void> {
    const inPerson = actor.credentialType !== 'api_key';
    if (inPerson && (await this.isOwner(transaction, actor.organizationId, actor.userId))) return;
    actor.origin.remark = 'owner needed';
    throw new OwnerNeeded();
  }

  /** Whether a person owns an organization now. */
  isOwner(transaction: Transaction, organizationId: string, userId: string): Promise<boolean> {
    return this.members.isOwner(transaction, organizationId, userId);
  }
}
