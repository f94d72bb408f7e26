import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { assertWithin } from '@credvault/access/rights.js';
import type { Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { expiryOf, rotationInterval, type ExpiryWish } from './api-key-expiry.js';
import { rightsAtStake } from './api-key-rights.js';
import { statusOf } from './api-key.dto.js';
import { ApiKeyNotFound, ApiKeyShownOnce, ExpiryNeeded, RotatedMeanwhile } from './api-keys.errors.js';
import type { ApiKeyView } from './api-key-view.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { ApiKeysService, type KeyChange, type MintedKey } from './api-keys.service.js';

export interface Rotation extends ExpiryWish {
  overlapSeconds?: number;
}

/** Pauses, resumes and rotates API keys. */
@Injectable()
export class ApiKeyLifecycleService {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly keys: ApiKeysRepository,
    private readonly organizations: OrganizationsService,
    private readonly idempotency: Idempotency,
  ) {}

  /** Stops a key until it is resumed. Pausing a paused key changes nothing. @throws ApiKeyNotFound */
  pause(actor: Actor, id: string, retry?: RetryKey): Promise<Outcome<ApiKeyView>> {
    return this.changeOnce(actor, id, 'api_key.paused', retry, (_transaction, present) =>
      Promise.resolve(present.pausedAt === null ? { fields: { pausedAt: new Date() } } : {}),
    );
  }

  /** Lets a paused key work again. @throws ApiKeyNotFound; RightsTooWide when it may do more than the actor */
  resume(actor: Actor, id: string, retry?: RetryKey): Promise<Outcome<ApiKeyView>> {
    return this.changeOnce(actor, id, 'api_key.resumed', retry, async (transaction, present) => {
      await this.assertWithinActor(transaction, actor, present);
      return present.pausedAt === null ? {} : { fields: { pausedAt: null } };
    });
  }

  /**
   * Gives a key a new secret; the old one ends at once or after the overlap. Revives an expired key when it is told how long
   * the key lives from now on.
   *
   * @throws ApiKeyNotFound, PRECONDITION_FAILED, ExpiryNeeded, LifetimeTooLong; RightsTooWide when the key may do more than the actor;
   *   RotatedMeanwhile when another rotation of the same secret was first; ApiKeyShownOnce for a repeated request
   */
  async rotate(
    actor: Actor,
    id: string,
    rotation: Rotation,
    { ifMatch, retry }: { ifMatch?: string; retry?: RetryKey },
  ): Promise<Outcome<MintedKey>> {
    const replaced = await this.keys.findPresentSecret(actor.organizationId, id);
    if (replaced === undefined) throw new ApiKeyNotFound();
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        let key = '';
        const apiKey = await this.apiKeys.changeIn(
          transaction,
          actor,
          id,
          { type: 'api_key.rotated', ifMatch },
          async (_transaction, present) => {
            const opening = await this.keys.findPresentSecret(actor.organizationId, id, transaction);
            if (opening !== replaced) throw new RotatedMeanwhile();
            const rotated = await this.replaceSecret(transaction, actor, present, rotation);
            key = rotated.key;
            return rotated.change;
          },
        );
        return { answer: { apiKey, key }, status: 200, resourceId: id };
      },
      replay: (first) => Promise.reject(new ApiKeyShownOnce(publicId('apiKey', first.resourceId))),
    });
  }

  private async replaceSecret(
    transaction: Transaction,
    actor: Actor,
    present: ApiKeyView,
    rotation: Rotation,
  ): Promise<{ key: string; change: KeyChange }> {
    const now = new Date();
    const { overlapSeconds = 0, expiresIn, expiresAt } = rotation;
    const isRenewed = expiresIn !== undefined || expiresAt !== undefined;
    if (statusOf(present) === 'expired' && !isRenewed) throw new ExpiryNeeded();
    const bounds = {
      ...present,
      expiresAt: isRenewed ? expiryOf(rotation, now, present.maxLifetimeDays) : present.expiresAt,
    };
    await this.assertWithinActor(transaction, actor, bounds);
    const { key, secret } = this.apiKeys.mintSecret(actor, present, now);
    const endsAt = new Date(now.getTime() + overlapSeconds * 1_000);
    const previousLastUsedAt = await this.keys.replaceSecret(transaction, secret, endsAt);
    const fields = {
      hint: secret.hint,
      expiresAt: bounds.expiresAt,
      lastRotatedAt: now,
      rotationDueAt: new Date(now.getTime() + rotationInterval),
      rotationDueNoted: false,
    };
    const previous = { previousHint: present.hint, previousEndsAt: endsAt, previousLastUsedAt };
    return { key, change: { fields, view: previous, details: { overlapSeconds } } };
  }

  /** SECURITY, "nobody grants more than they have". @throws RightsTooWide */
  private async assertWithinActor(transaction: Transaction, actor: Actor, key: ApiKeyView): Promise<void> {
    const owner = await this.organizations.rightsOf(transaction, key.organizationId, key.userId);
    assertWithin(actor, rightsAtStake(actor, key, owner));
  }

  private changeOnce(
    actor: Actor,
    id: string,
    type: string,
    retry: RetryKey | undefined,
    decide: (transaction: Transaction, present: ApiKeyView) => Promise<KeyChange>,
  ): Promise<Outcome<ApiKeyView>> {
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => ({
        answer: await this.apiKeys.changeIn(transaction, actor, id, { type }, decide),
        status: 200,
        resourceId: id,
      }),
      replay: (first) => this.apiKeys.get(actor, first.resourceId),
    });
  }
}
