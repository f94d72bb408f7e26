import { Injectable } from '@nestjs/common';
import { CredentialInvalid } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { stepUpLifetime } from '@credvault/access/step-up.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { UsersService } from '../users/users.service.js';
import { MfaFactors, type FactorResult } from './mfa-factors.service.js';
import { MfaLimits } from './mfa-limits.js';
import type { FactorProof, StepUpProof } from './mfa-proof.js';
import {
  CodeRefused,
  CodeRequired,
  NoPassword,
  PasswordRequired,
  StepUpPasswordWrong,
} from './mfa.errors.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

/** Lets a session prove again who it stands for, by the second factor where there is one and by the password otherwise. */
@Injectable()
export class StepUpService {
  constructor(
    private readonly factors: MfaFactors,
    private readonly limits: MfaLimits,
    private readonly passwordLimits: SignInLimits,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * @returns until when the session may do what needs a step-up
   * @throws CodeRequired, PasswordRequired, NoPassword, CodeRefused, StepUpPasswordWrong, TooManyAttempts
   */
  async stepUp(actor: Actor, proof: StepUpProof): Promise<Date> {
    const steppedUpAt = new Date();
    if (proof.factor === 'password') await this.byPassword(actor, proof.password, steppedUpAt);
    else await this.byFactor(actor, proof, steppedUpAt);
    return new Date(steppedUpAt.getTime() + stepUpLifetime);
  }

  private async byPassword(actor: Actor, password: string, steppedUpAt: Date): Promise<void> {
    const user = await this.users.get(actor.userId);
    if (user.passwordHash === null) throw refused(actor, 'no password', new NoPassword());
    const block = addressBlock(actor.origin.ip);
    // Whom a provider lets in has not shown before that they know the password.
    const guess = { account: { userId: user.id }, block, isKnownAddress: actor.fromProvider !== true };
    const proved = await this.passwordLimits.guard(guess, () =>
      verifyPassword(user.passwordHash, password, { addressBlock: block }),
    );
    if (!proved) throw refused(actor, 'wrong password', new StepUpPasswordWrong());
    await this.database.transaction(async (transaction) => {
      if (!(await this.users.holdPassword(transaction, user))) {
        throw refused(actor, 'wrong password', new StepUpPasswordWrong());
      }
      if (await this.factors.isEnabled(transaction, user.id)) {
        throw refused(actor, 'second factor required', new CodeRequired());
      }
      await this.complete(transaction, actor, 'password', steppedUpAt);
    }, actor.organizationId);
  }

  private async byFactor(actor: Actor, proof: FactorProof, steppedUpAt: Date): Promise<void> {
    const result = await this.limits.guard(actor.userId, actor.origin, () =>
      this.database.transaction(async (transaction): Promise<FactorResult> => {
        if (!(await this.factors.isEnabled(transaction, actor.userId))) {
          throw refused(actor, 'no second factor', new PasswordRequired());
        }
        const proved = await this.factors.prove(transaction, actor.userId, proof);
        if (proved.isProved) await this.complete(transaction, actor, proof.factor, steppedUpAt);
        return proved;
      }, actor.organizationId),
    );
    if (!result.isProved) throw refused(actor, result.reason, new CodeRefused());
  }

  private async complete(
    transaction: Transaction,
    actor: Actor,
    factor: StepUpProof['factor'],
    steppedUpAt: Date,
  ): Promise<void> {
    // The session was ended a moment ago: this is what its next request is told.
    if (!(await this.sessions.stepUp(transaction, actor, steppedUpAt))) throw new CredentialInvalid();
    await this.auditLog.recordChange(transaction, actor, {
      type: 'session.stepped_up',
      status: 200,
      resourceType: 'session',
      resourceId: actor.credentialId,
      details: { factor },
    });
    if (factor !== 'recovery_code') return;
    await this.auditLog.recordChange(transaction, actor, {
      type: 'mfa.recovery_code_used',
      status: 200,
      resourceType: 'user',
      resourceId: actor.userId,
      secondary: true,
    });
  }
}

/** A refusal with the reason that its audit record gives. */
function refused<Refusal extends Error>(actor: Actor, reason: string, refusal: Refusal): Refusal {
  actor.origin.remark = reason;
  return refusal;
}
