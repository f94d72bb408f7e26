import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import type { Transaction } from '@credvault/database/database.js';
import { assertMayChange, opensMore, soleKnowerOf, type KeyBounds } from './api-key-rights.js';
import type { ApiKeyView } from './api-key-view.js';
import { SecretOfAnother } from './api-keys.errors.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Says whether somebody may widen a key: by changing what bounds it, or by granting it something. */
@Injectable()
export class ApiKeyWidening {
  constructor(private readonly keys: ApiKeysRepository) {}

  /**
   * @param present the key, locked
   * @param next its bounds after the change; narrower ones are free
   * @param owner what its owner may
   * @throws RightsTooWide for widening beyond the actor; SecretOfAnother for widening what a secret opens that somebody else may
   *   know than who should (`soleKnowerOf`)
   */
  async assertAllowed(
    transaction: Transaction,
    actor: Actor,
    present: ApiKeyView,
    next: KeyBounds,
    owner: MemberRights | undefined,
  ): Promise<void> {
    assertMayChange(actor, present, next, owner);
    const knower = soleKnowerOf(actor, present);
    if (opensMore(present, next) && (await this.keys.hasForeignSecret(transaction, present, knower))) {
      throw new SecretOfAnother(present.ownerKind);
    }
  }
}
