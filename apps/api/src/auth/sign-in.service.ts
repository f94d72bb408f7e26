import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { UsersService } from '../users/users.service.js';
import type { User } from '../users/user.entity.js';
import { SignInRefused } from './auth.errors.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService, type IssuedSession } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

/** Proves who a person is by e-mail address and password, and opens a session. */
@Injectable()
export class SignInService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly sessions: SessionsService,
    private readonly knownAddresses: SessionsRepository,
    private readonly limits: SignInLimits,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Signs a person in. Takes the same time for an unknown account as for a wrong password.
   *
   * @throws SignInRefused, TooManyAttempts
   */
  async signIn(
    email: string,
    password: string,
    origin: RequestOrigin,
  ): Promise<IssuedSession & { user: User }> {
    const block = addressBlock(origin.ip);
    await this.limits.assertOpen(email, block);
    const user = await this.users.findByEmail(email);
    if (!(await this.knownAddresses.knowsAddress(user?.id ?? null, block))) await this.limits.slowDown(email);
    const proved = await verifyPassword(user?.passwordHash ?? null, password);
    const organizationId = user && (await this.organizations.homeOf(user.id));
    if (!user || !proved || !organizationId) {
      await this.limits.countFailure(email, block);
      if (user && organizationId) this.recordFailure(user, organizationId, origin);
      throw new SignInRefused();
    }
    await this.limits.countSuccess(email, block);
    return { ...(await this.sessions.open(user.id, organizationId, origin, block)), user };
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
