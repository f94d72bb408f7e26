import { Injectable } from '@nestjs/common';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';

const hour = 60 * 60;

/** Keeps invitations from being used to fill mailboxes: whoever can register can invite any address. */
@Injectable()
export class InvitationLimits {
  private readonly organization: AttemptLimit;
  private readonly address: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly digester: TokenDigester,
  ) {
    const limit = (name: string, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`invitations:${name}`, hour), points, message);
    this.organization = limit('of-organization', 500, 'Too many invitations by this organization.');
    this.address = limit('to-address', 10, 'Too many invitations to this e-mail address.');
  }

  /** Counts a mail with an invitation. @throws TooManyAttempts */
  async take(organizationId: string, email: string): Promise<void> {
    await this.organization.take(organizationId);
    // Counters may stand in Redis: no e-mail address goes there.
    const digest = this.digester.digest(`invitation to ${email.toLowerCase()}`);
    await this.address.take(digest.toString('base64url'));
  }
}
