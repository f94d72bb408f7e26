import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow, type AuditEntry } from '@credvault/audit-log/audit-record.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import type { Transaction } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { MfaFactors, type FactorResult, type Unproved } from './mfa-factors.service.js';
import { MfaLimits } from './mfa-limits.js';
import type { FactorProof } from './mfa-proof.js';
import { CodeRefused, CodeRequired } from './mfa.errors.js';
import { nobody } from './nobody.js';
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
    private readonly factorLimits: MfaLimits,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Whether this is the password of the account that an address has; a try counts as one to sign in does, and a failed one
   * is recorded as one. Where there is no account it is none, after the same work.
   *
   * @throws TooManyAttempts
   */
  async provePassword(
    { email, user }: { email: string; user: User | null },
    password: string,
    origin: RequestOrigin,
  ): Promise<boolean> {
    const block = addressBlock(origin.ip);
    await this.limits.assertAddressOpen(block);
    const userId = user?.id ?? nobody;
    const isKnownAddress = await this.knownAddresses.knowsAddress(userId, block);
    const guess = { account: user ? { userId } : { email }, block, isKnownAddress };
    const proved = await this.limits.guard(guess, () =>
      verifyPassword(user?.passwordHash ?? null, password, { addressBlock: block }),
    );
    if (!proved) await this.recordFailure(userId, origin, 'session.refused', 'wrong password');
    return proved;
  }

  /** Whether an account still has the password that was proved, and keeps it until this transaction ends. */
  holdPassword(transaction: Transaction, proved: User): Promise<boolean> {
    return this.users.holdPassword(transaction, proved);
  }

  /**
   * Uses the second factor of an account up, in the transaction of what it opens; an account without one needs none.
   *
   * @param organizationId the organization whose trail tells of a recovery code where the account belongs to none yet
   * @throws CodeRequired
   */
  async proveFactor(
    transaction: Transaction,
    { id }: User,
    factor: FactorProof | undefined,
    { origin, organizationId }: { origin: RequestOrigin; organizationId: string },
  ): Promise<FactorResult> {
    if (!(await this.factors.isEnabled(transaction, id))) return { isProved: true };
    if (!factor) throw new CodeRequired('is needed beside the password');
    const result = await this.factors.prove(transaction, id, factor);
    if (!result.isProved || factor.factor !== 'recovery_code') return result;
    const home = (await this.organizations.homeOf(id, transaction)) ?? organizationId;
    const entry = { type: 'mfa.recovery_code_used', status: 200, secondary: true as const };
    await this.auditLog.appendRow(transaction, rowOf(home, id, origin, entry));
    return result;
  }

  /**
   * Lets `attempt` prove a second factor: a wrong code counts as one at a sign-in does, and is recorded as one.
   *
   * @throws CodeRefused, TooManyAttempts, and whatever `attempt` throws
   */
  async guardFactor<Done extends { isProved: true }>(
    user: User,
    factor: FactorProof | undefined,
    origin: RequestOrigin,
    attempt: () => Promise<Done | Unproved>,
  ): Promise<Done> {
    const result = await (factor ? this.factorLimits.guard(user.id, origin, attempt) : attempt());
    if (result.isProved) return result;
    await this.recordFailure(user.id, origin, 'session.mfa_refused', result.reason);
    throw new CodeRefused();
  }

  private async recordFailure(
    userId: string,
    origin: RequestOrigin,
    type: string,
    reason: string,
  ): Promise<void> {
    const organizationId = await this.organizations.homeOf(userId);
    if (organizationId === null) return;
    const entry = { type, outcome: 'denied' as const, reason, status: 403 };
    this.auditLog.noteRow(rowOf(organizationId, userId, origin, entry));
  }
}

function rowOf(
  organizationId: string,
  userId: string,
  origin: RequestOrigin,
  entry: Omit<AuditEntry, 'resourceType' | 'resourceId'>,
): ReturnType<typeof auditRow> {
  return auditRow({ organizationId, userId, origin }, { ...entry, resourceType: 'user', resourceId: userId });
}
