import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import type { Transaction } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { MfaFactors } from './mfa-factors.service.js';
import { SessionsRepository } from './sessions.repository.js';
import { SignInLimits } from './sign-in-limits.js';

/** Lets somebody without a session prove that an account is theirs, for what opens no session. */
@Injectable()
export class AccountProof {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly knownAddresses: SessionsRepository,
    private readonly limits: SignInLimits,
    private readonly factors: MfaFactors,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Whether this is the password of an account; a try counts as one to sign in does, and a failed one is recorded as one.
   *
   * @throws TooManyAttempts
   */
  async provePassword(user: User, password: string, origin: RequestOrigin): Promise<boolean> {
    const block = addressBlock(origin.ip);
    await this.limits.assertAddressOpen(block);
    const isKnownAddress = await this.knownAddresses.knowsAddress(user.id, block);
    const guess = { account: { userId: user.id }, block, isKnownAddress };
    const proved = await this.limits.guard(guess, () =>
      verifyPassword(user.passwordHash, password, { addressBlock: block }),
    );
    if (!proved) await this.recordFailure(user, origin);
    return proved;
  }

  /** Whether an account still has the password that was proved, and keeps it until this transaction ends. */
  holdPassword(transaction: Transaction, proved: User): Promise<boolean> {
    return this.users.holdPassword(transaction, proved);
  }

  /** Whether a password alone does not prove whose an account is. */
  needsMore(transaction: Transaction, { id }: User): Promise<boolean> {
    return this.factors.isEnabled(transaction, id);
  }

  private async recordFailure(user: User, origin: RequestOrigin): Promise<void> {
    const organizationId = await this.organizations.homeOf(user.id);
    if (organizationId === null) return;
    const entry = {
      type: 'session.refused',
      outcome: 'denied' as const,
      reason: 'wrong password',
      status: 403,
    };
    const who = { organizationId, userId: user.id, origin };
    this.auditLog.noteRow(auditRow(who, { ...entry, resourceType: 'user', resourceId: user.id }));
  }
}
