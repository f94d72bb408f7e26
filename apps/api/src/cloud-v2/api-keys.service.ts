import { Injectable } from '@nestjs/common';
import { SessionRequired } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { assertSteppedUp } from '@credvault/access/step-up.js';
import type { Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { ApiToken } from '../api-tokens/api-token.entity.js';
import { ApiTokensService, type MintedToken } from '../api-tokens/api-tokens.service.js';

/** What the list of personal tokens calls keys that were made here, where they have no names. */
const name = 'API key';

/**
 * The API keys of this API: personal tokens. Unlike there, a token may make others here, as the clients of this API expect, but
 * none that outlives it (SECURITY: nobody grants more than they have). To let one work again takes a session: whoever has a
 * token that was stopped may have others.
 */
@Injectable()
export class CloudApiKeysService {
  constructor(private readonly tokens: ApiTokensService) {}

  /** @throws TokenShownOnce for a repeated request */
  create(actor: Actor, retry?: RetryKey): Promise<Outcome<MintedToken>> {
    const ends = endOf(actor);
    return this.tokens.create(actor, { name, ...(ends ? { expiresAt: ends } : {}) }, retry);
  }

  /** @throws ApiTokenNotFound; SessionRequired and StepUpRequired for letting a key work again */
  async setActive(actor: Actor, id: string, active: boolean): Promise<ApiToken> {
    if (!active) return (await this.tokens.pause(actor, id)).answer;
    assertSession(actor);
    assertSteppedUp(actor);
    return (await this.tokens.resume(actor, id)).answer;
  }
}

/** @throws SessionRequired */
function assertSession(actor: Actor): void {
  if (actor.credentialType === 'session') return;
  const refusal = new SessionRequired();
  actor.origin.remark = refusal.reason;
  throw refusal;
}

/** When the credential ends; undefined: never. A session ends too, but it stands for somebody who has just signed in. */
function endOf({ credentialType, expiresAt }: Actor): Date | undefined {
  return credentialType === 'session' || expiresAt === undefined ? undefined : new Date(expiresAt);
}
