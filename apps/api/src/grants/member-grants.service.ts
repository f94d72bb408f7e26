import { Injectable } from '@nestjs/common';
import { memberIdOf } from '@credvault/access/member-id.js';
import { levelOfRank, type VaultLevel } from '@credvault/access/vault-levels.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { GrantedObjects, type GrantedObject } from './granted-object.js';
import { GrantedAlready } from './grants.errors.js';
import { GrantsRepository, type GrantView } from './grants.repository.js';
import { GrantsService } from './grants.service.js';

/** Times that somebody else may be faster with the same grant before whoever asks is told so. */
const mostTries = 3;

/** What is granted to people by themselves, for whoever names the person and not the grant. */
@Injectable()
export class MemberGrantsService {
  constructor(
    private readonly grants: GrantsService,
    private readonly rows: GrantsRepository,
    private readonly objects: GrantedObjects,
    private readonly database: Database,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Grants something to a person so far and no further: makes the grant, or changes the one that there is.
   *
   * @param object proof that the actor manages it (`vault:write`, `project:write`)
   * @param userId UUID of a person
   * @throws as `GrantsService.create` and `update`
   */
  async give(
    object: GrantedObject,
    userId: string,
    level: VaultLevel,
    retry?: RetryKey,
    tries = mostTries,
  ): Promise<Outcome<GrantView>> {
    try {
      return await this.idempotency.once(object.actor, retry, {
        change: async (transaction) => {
          const answer = await this.giveIn(transaction, object, userId, level);
          return { answer, status: 200, resourceId: answer.id };
        },
        replay: (first) => this.grants.get(object, first.resourceId),
      });
    } catch (error) {
      if (!(error instanceof GrantedAlready) || tries === 1) throw error;
      return this.give(object, userId, level, retry, tries - 1);
    }
  }

  /**
   * Takes back what is granted to a person by themselves.
   *
   * @param object proof that the actor manages it (`vault:write`, `project:write`)
   * @returns false when nothing is
   * @throws VaultNotFound or ProjectNotFound
   */
  takeBack(object: GrantedObject, userId: string): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      await this.objects.hold(transaction, object);
      const present = await this.rows.lockOfUser(transaction, object, userId);
      if (present) await this.grants.deleteIn(transaction, object, present);
      return present !== undefined;
    }, object.organizationId);
  }

  private async giveIn(
    transaction: Transaction,
    object: GrantedObject,
    userId: string,
    level: VaultLevel,
  ): Promise<GrantView> {
    await this.objects.hold(transaction, object);
    const present = await this.rows.lockOfUser(transaction, object, userId);
    if (!present) {
      const memberId = memberIdOf('person', userId);
      return this.grants.createIn(transaction, object, { memberId, level });
    }
    if (levelOfRank(present.level) !== level) {
      return this.grants.updateIn(transaction, object, present, level);
    }
    object.actor.origin.event = 'grant.unchanged';
    return present;
  }
}
