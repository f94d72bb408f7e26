import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { FailedCredentials } from '@credvault/access/failed-credentials.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow, type AuditEntry, type Recordable } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, parseToken } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { MfaChallengesRepository, type ChallengeRow } from './mfa-challenges.repository.js';
import { MfaFactors, type Unproved } from './mfa-factors.service.js';
import { MfaLimits } from './mfa-limits.js';
import type { FactorProof } from './mfa-proof.js';
import { ChallengeRefused, SignInCodeRefused } from './mfa.errors.js';
import { SessionsService, type IssuedSession } from './sessions.service.js';

/** Long enough to find the phone. */
const lifetime = 5 * 60_000;
/** Codes that may be tried before the password has to be proved again. */
const mostTries = 5;

/** A session that a second factor has opened, and for whom. */
type SignedIn = IssuedSession & { user: User };

/**
 * The second half of a sign-in. Between the halves the client holds a one-time token, which is bound to the account and to
 * the password that was proved, and opens nothing by itself.
 */
@Injectable()
export class MfaChallengesService {
  constructor(
    private readonly challenges: MfaChallengesRepository,
    private readonly factors: MfaFactors,
    private readonly limits: MfaLimits,
    private readonly failures: FailedCredentials,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
  ) {}

  /** Makes the token with which somebody who proved their password goes on, in the transaction that holds the password. */
  async issue(
    transaction: Transaction,
    proved: User,
    organizationId: string,
    origin: RequestOrigin,
  ): Promise<string> {
    const token = mintToken('cvmfa_');
    const challenge = {
      organization_id: organizationId,
      user_id: proved.id,
      password_digest: this.digestOfPassword(proved),
    };
    const expiresAt = new Date(Date.now() + lifetime);
    await this.challenges.insert(transaction, this.digester.digest(token), challenge, expiresAt);
    const row = this.row(challenge, origin, { type: 'session.challenged', status: 200 });
    await this.auditLog.appendRow(transaction, row);
    return token;
  }

  /**
   * Opens the session that a challenge stands for.
   *
   * @throws ChallengeRefused when the sign-in must begin again, SignInCodeRefused for a wrong code, TooManyAttempts
   */
  async answer(token: string, proof: FactorProof, origin: RequestOrigin): Promise<SignedIn> {
    const block = addressBlock(origin.ip);
    this.failures.assertOpen(block);
    const digest = this.digester.digest(token);
    const isToken = parseToken(token)?.prefix === 'cvmfa_';
    const challenge = isToken ? await this.challenges.find(digest, mostTries) : undefined;
    if (!challenge) {
      this.failures.count(block);
      throw new ChallengeRefused();
    }
    const result = await this.limits.guard(challenge.user_id, origin, () =>
      this.tryAnswer(digest, challenge, proof, origin),
    );
    if (result.isProved) return result.signedIn;
    const entry = {
      type: 'session.mfa_refused',
      outcome: 'denied' as const,
      reason: result.reason,
      status: 401,
    };
    this.auditLog.noteRow(this.row(challenge, origin, entry));
    throw new SignInCodeRefused();
  }

  private async tryAnswer(
    digest: Buffer,
    challenge: ChallengeRow,
    proof: FactorProof,
    origin: RequestOrigin,
  ): Promise<{ isProved: true; signedIn: SignedIn } | Unproved> {
    if (!(await this.challenges.takeTry(digest, mostTries))) throw new ChallengeRefused();
    const { organization_id: organizationId, user_id: userId } = challenge;
    const user = await this.users.get(userId);
    return this.database.transaction(async (transaction) => {
      // The user's row first, as every sign-in and change of password does. Whatever is refused below undoes all of it.
      const isSamePassword = timingSafeEqual(challenge.password_digest, this.digestOfPassword(user));
      if (!isSamePassword || !(await this.users.holdPassword(transaction, user)))
        throw new ChallengeRefused();
      const result = await this.factors.prove(transaction, userId, proof);
      if (!result.isProved) return result;
      const issued = await this.sessions.openIn(transaction, userId, organizationId, origin);
      if (!issued || !(await this.challenges.take(transaction, digest))) throw new ChallengeRefused();
      await this.recordRecovery(transaction, challenge, proof, origin);
      return { isProved: true, signedIn: { ...issued, user } };
    }, organizationId);
  }

  /** A code of an app is part of the sign-in; a recovery code is one less. */
  private async recordRecovery(
    transaction: Transaction,
    challenge: ChallengeRow,
    proof: FactorProof,
    origin: RequestOrigin,
  ): Promise<void> {
    if (proof.factor !== 'recovery_code') return;
    const entry = { type: 'mfa.recovery_code_used', status: 200, secondary: true as const };
    await this.auditLog.appendRow(transaction, this.row(challenge, origin, entry));
  }

  private row(
    challenge: ChallengeRow,
    origin: RequestOrigin,
    entry: AuditEntry,
  ): ReturnType<typeof auditRow> {
    const { organization_id: organizationId, user_id: userId } = challenge;
    const who: Recordable = { organizationId, userId, origin };
    return auditRow(who, { ...entry, resourceType: 'user', resourceId: userId });
  }

  /** Tells one password of a person from another without a second copy of its hash. */
  private digestOfPassword({ passwordHash }: User): Buffer {
    return this.digester.digest(`proved password: ${passwordHash}`);
  }
}
