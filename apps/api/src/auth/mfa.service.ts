import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { assertSteppedUp, isSteppedUp, stepUpLifetime } from '@credvault/access/step-up.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { AuthenticatorCipher } from '@credvault/crypto/authenticator-cipher.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import type { SecretValue } from '@credvault/crypto/secret-value.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { WrongPassword } from './auth.errors.js';
import { MfaFactors, type Unproved } from './mfa-factors.service.js';
import { MfaLimits } from './mfa-limits.js';
import { matchingStep, newTotpSecret, totpUri } from './mfa-totp.js';
import { CodeRefused, EnrolmentMissing, MfaNotEnabled, MfaStillRequired } from './mfa.errors.js';
import { MfaRepository } from './mfa.repository.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

/** How long a secret waits for its first code. */
const enrolmentLifetime = 15 * 60_000;

/** The second factor of a person, as they may see it. */
export interface MfaState {
  enabledAt: Date | null;
  recoveryCodesLeft: number;
  /** Until when the session may do what needs a step-up; null when it may not. */
  steppedUpUntil: Date | null;
}

/** A secret to be put into an authenticator app, shown this once. */
export interface Enrolment {
  secret: SecretValue;
  uri: string;
  expiresAt: Date;
}

/** Switches the second factor of a person on and off. Whatever changes it needs more than a session. */
@Injectable()
export class MfaService {
  constructor(
    private readonly repository: MfaRepository,
    private readonly factors: MfaFactors,
    private readonly limits: MfaLimits,
    private readonly passwordLimits: SignInLimits,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly cipher: AuthenticatorCipher,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  async state(actor: Actor): Promise<MfaState> {
    const row = await this.repository.state(actor.userId);
    const steppedUpUntil = isSteppedUp(actor) ? new Date((actor.steppedUpAt ?? 0) + stepUpLifetime) : null;
    return { enabledAt: row.enabled_at, recoveryCodesLeft: row.recovery_codes_left, steppedUpUntil };
  }

  /**
   * Begins to enrol an authenticator app. The one that counts goes on counting until the new one has sent its first code.
   *
   * @param currentPassword proves who asks where there is no second factor yet; otherwise the session must have stepped up
   * @throws StepUpRequired, WrongPassword, TooManyAttempts
   */
  async begin(actor: Actor, currentPassword: string | undefined): Promise<Enrolment> {
    const user = await this.users.get(actor.userId);
    if (currentPassword === undefined) assertSteppedUp(actor);
    else await this.provePassword(actor, user, currentPassword);
    const secret = newTotpSecret();
    const expiresAt = new Date(Date.now() + enrolmentLifetime);
    const pending = { secret: this.cipher.seal(user.id, secret), until: expiresAt };
    await this.database.transaction(async (transaction) => {
      const now = await this.users.hold(transaction, user.id);
      if (currentPassword !== undefined && now?.passwordHash !== user.passwordHash)
        throw wrongPassword(actor);
      if (await this.repository.isEnabled(transaction, user.id)) assertSteppedUp(actor);
      await this.repository.savePending(transaction, user.id, pending);
      await this.record(transaction, actor, 'mfa.enrolment_begun', 200);
    }, actor.organizationId);
    return { secret, uri: totpUri(user.email, secret), expiresAt };
  }

  /**
   * Switches the second factor on, or replaces the app of one that is on, with the first code of the secret that waits.
   * Other sessions may have been opened with the password alone, so they have to step up from now on.
   *
   * @returns new recovery codes, shown this once
   * @throws EnrolmentMissing, CodeRefused, TooManyAttempts
   */
  async confirm(actor: Actor, code: string): Promise<string[]> {
    const result = await this.limits.guard(actor.userId, actor.origin, () => this.tryConfirm(actor, code));
    if (result.isProved) return result.recoveryCodes;
    actor.origin.remark = result.reason;
    throw new CodeRefused();
  }

  /** Gives the actor new recovery codes in place of all they have. @throws MfaNotEnabled */
  replaceRecoveryCodes(actor: Actor): Promise<string[]> {
    return this.database.transaction(async (transaction) => {
      await this.users.hold(transaction, actor.userId);
      if (!(await this.repository.isEnabled(transaction, actor.userId))) throw new MfaNotEnabled();
      const codes = await this.factors.replaceRecoveryCodes(transaction, actor.userId);
      await this.record(transaction, actor, 'mfa.recovery_codes_replaced', 200);
      return codes;
    }, actor.organizationId);
  }

  /** Switches the actor's second factor off. @throws MfaNotEnabled; MfaStillRequired while an organization asks for it */
  async disable(actor: Actor): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (!(await this.remove(transaction, actor.userId))) throw new MfaNotEnabled();
      if (await this.repository.isRequired(transaction, actor.userId)) throw new MfaStillRequired();
      await this.record(transaction, actor, 'mfa.disabled', 204);
    }, actor.organizationId);
  }

  /** Switches somebody's second factor off, in the transaction that records who did; false when they have none. */
  async remove(transaction: Transaction, userId: string): Promise<boolean> {
    await this.users.hold(transaction, userId);
    this.forgetAfter(transaction, userId);
    return this.repository.remove(transaction, userId);
  }

  private async tryConfirm(
    actor: Actor,
    code: string,
  ): Promise<{ isProved: true; recoveryCodes: string[] } | Unproved> {
    const { userId } = actor;
    return this.database.transaction(async (transaction) => {
      // A sign-in holds this row while it looks whether there is a second factor, until its session is open.
      await this.users.hold(transaction, userId);
      const row = await this.repository.find(transaction, userId);
      if (!row?.pending_secret) throw new EnrolmentMissing();
      const step = matchingStep(this.cipher.open(userId, row.pending_secret), code);
      if (step === null) return { isProved: false, reason: 'wrong code' };
      await this.repository.enable(transaction, userId, step);
      this.forgetAfter(transaction, userId);
      const recoveryCodes = await this.factors.replaceRecoveryCodes(transaction, userId);
      await this.sessions.doubtOthers(transaction, actor);
      await this.record(transaction, actor, row.secret ? 'mfa.replaced' : 'mfa.enabled', 200);
      return { isProved: true, recoveryCodes };
    }, actor.organizationId);
  }

  /** Whether somebody has a second factor is part of what their credentials may do. */
  private forgetAfter(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id }));
  }

  private async provePassword(actor: Actor, user: User, password: string): Promise<void> {
    const block = addressBlock(actor.origin.ip);
    const guess = { account: { userId: user.id }, block, isKnownAddress: true };
    const proved = await this.passwordLimits.guard(guess, () =>
      verifyPassword(user.passwordHash, password, { addressBlock: block }),
    );
    if (!proved) throw wrongPassword(actor);
  }

  private record(transaction: Transaction, actor: Actor, type: string, status: number): Promise<void> {
    const entry = { type, status, resourceType: 'user' as const, resourceId: actor.userId };
    return this.auditLog.recordChange(transaction, actor, entry);
  }
}

function wrongPassword(actor: Actor): WrongPassword {
  actor.origin.remark = 'wrong password';
  return new WrongPassword();
}
