import { Injectable } from '@nestjs/common';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { AttemptLimit } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';

const hour = 60 * 60;

/**
 * Keeps invitations from being used to fill mailboxes: whoever can register can invite any address. What others have sent to an
 * address refuses nobody, or strangers could keep somebody from being invited: it only stops the mails.
 */
@Injectable()
export class InvitationLimits {
  private readonly organization: AttemptLimit;
  private readonly pair: AttemptLimit;
  private readonly address: AttemptLimit;

  constructor(
    counters: Counters,
    private readonly digester: TokenDigester,
  ) {
    const limit = (name: string, points: number, message: string): AttemptLimit =>
      new AttemptLimit(counters.window(`invitations:${name}`, hour), points, message);
    this.organization = limit('of-organization', 500, 'Too many invitations by this organization.');
    this.pair = limit('of-organization-to-address', 10, 'Too many invitations to this e-mail address.');
    this.address = limit('to-address', 30, '');
  }

  /**
   * Counts a mail with an invitation.
   *
   * @returns whether it may go out; nobody is told when it does not
   * @throws TooManyAttempts for too many by this organization
   */
  async take(organizationId: string, email: string): Promise<boolean> {
    await this.organization.take(organizationId);
    // Counters may stand in Redis: no e-mail address goes there.
    const name = this.digester.digest(`invitation to ${email.toLowerCase()}`).toString('base64url');
    await this.pair.take(`${organizationId} ${name}`);
    return (await this.address.count(name)).count <= this.address.points;
  }
}
