import { Inject, Injectable } from '@nestjs/common';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import type { Allowance } from '@credvault/rate-limit/fair-use.js';
import type { Principal } from './actor.js';

/** Requests a minute that cost no quota, such as "test connection", of one credential. */
const testsPerMinute = 60;
/** Requests a minute with one credential that is paused, expired, rotated or at the wrong address. */
const refusalsPerMinute = 300;

/**
 * How many requests a minute somebody may make, and what they count for: an API key for itself, personal tokens together
 * for their user in an organization, both as the plan says; a session and an address as the settings say.
 */
@Injectable()
export class Allowances {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  /** @param costsNoQuota whether the route counts in the window of tests (`@CostsNoQuota`) */
  of(principal: Principal, costsNoQuota = false): Allowance {
    const { credentialType, credentialId, organizationId, userId, requestsPerMinute } = principal;
    if (costsNoQuota) return { policy: 'test', key: credentialId, limit: testsPerMinute };
    if (credentialType === 'session') {
      return { policy: 'session', key: credentialId, limit: this.settings.sessionLimit || undefined };
    }
    if (credentialType === 'api_key') return ofApiKey(credentialId, requestsPerMinute);
    return { policy: 'personal-token', key: `${organizationId}:${userId}`, limit: requestsPerMinute };
  }

  /** For a credential that is known and does not work now: whoever goes on with it is told to wait. */
  ofRefused({ credentialId }: Principal): Allowance {
    return { policy: 'refused', key: credentialId, limit: refusalsPerMinute };
  }

  /** @param block block of addresses that counts as one neighbour (`addressBlock`) */
  ofAddress(block: string): Allowance {
    return { policy: 'address', key: block, limit: this.settings.addressLimit || undefined };
  }
}

/** What an API key may use up in a minute. */
export function ofApiKey(keyId: string, requestsPerMinute: number | undefined): Allowance {
  return { policy: 'api-key', key: keyId, limit: requestsPerMinute };
}
