import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import { Database } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService, type Home } from '../organizations/organizations.service.js';
import { UsersService } from '../users/users.service.js';
import type { User } from '../users/user.entity.js';
import { SignInRefused } from './auth.errors.js';
import { MfaChallengesService } from './mfa-challenges.service.js';
import { MfaFactors } from './mfa-factors.service.js';
import { nobody } from './nobody.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService, type IssuedSession } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

/** How a sign-in ends: with a session, or with a token to go on with the second factor. */
export type SignIn = { issued: IssuedSession; user: User } | { challengeToken: string };

/** Proves who a person is by e-mail address and password, and opens a session or asks for the second factor. */
@Injectable()
export class SignInService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly sessions: SessionsService,
    private readonly knownAddresses: SessionsRepository,
    private readonly limits: SignInLimits,
    private readonly factors: MfaFactors,
    private readonly challenges: MfaChallengesService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Signs a person in. Does the same work for an unknown account as for a wrong password, so that it takes the same time.
   *
   * @throws SignInRefused, TooManyAttempts; AddressNotAllowed when none of their organizations takes sessions from there
   */
  async signIn(email: string, password: string, origin: RequestOrigin): Promise<SignIn> {
    const block = addressBlock(origin.ip);
    await this.limits.assertAddressOpen(block);
    const user = await this.users.findByEmail(email);
    const userId = user?.id ?? nobody;
    const isKnownAddress = await this.knownAddresses.knowsAddress(userId, block);
    const home = await this.organizations.homeFor(userId, origin.ip);
    const guess = { account: user ? { userId } : { email }, block, isKnownAddress };
    const proved = await this.limits.guard(guess, async () => {
      const isRight = await verifyPassword(user?.passwordHash ?? null, password, { addressBlock: block });
      return isRight && home !== null;
    });
    if (!user || home === null) throw new SignInRefused();
    const signedIn = proved ? await this.goOnAtHome(user, home, origin) : null;
    if (signedIn) return signedIn;
    this.recordFailure(user, home.organizationId, origin);
    throw new SignInRefused();
  }

  /** As `goOn`; once more when the organization was deleted meanwhile, or the person left it, and has another one. */
  private async goOnAtHome(proved: User, home: Home, origin: RequestOrigin): Promise<SignIn | null> {
    const signedIn = await this.goOn(proved, home, origin);
    if (signedIn) return signedIn;
    const present = await this.organizations.homeFor(proved.id, origin.ip);
    const isSame = present?.organizationId === home.organizationId;
    return present === null || isSame ? null : this.goOn(proved, present, origin);
  }

  /** What comes after the password; null when the person has another one by now, or is no member any more. */
  private goOn(
    proved: User,
    { organizationId, allowedIps }: Home,
    origin: RequestOrigin,
  ): Promise<SignIn | null> {
    this.sessions.assertTakes({ allowedIps }, { organizationId, userId: proved.id, origin });
    return this.database.transaction(async (transaction) => {
      if (!(await this.users.holdPassword(transaction, proved))) return null;
      if (await this.factors.isEnabled(transaction, proved.id)) {
        const challengeToken = await this.challenges.issue(transaction, proved, organizationId, origin);
        return { challengeToken };
      }
      const issued = await this.sessions.openIn(transaction, proved.id, organizationId, origin);
      return issued && { issued, user: proved };
    }, organizationId);
  }

  private recordFailure(user: User, organizationId: string, origin: RequestOrigin): void {
    const entry = {
      type: 'session.refused',
      outcome: 'denied' as const,
      reason: 'wrong password',
      status: 401,
    };
    this.auditLog.noteRow(
      auditRow(
        { organizationId, userId: user.id, origin },
        { ...entry, resourceType: 'user', resourceId: user.id },
      ),
    );
  }
}
