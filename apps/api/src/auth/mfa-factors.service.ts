import { Injectable } from '@nestjs/common';
import { AuthenticatorCipher } from '@credvault/crypto/authenticator-cipher.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import type { Transaction } from '@credvault/database/database.js';
import { newRecoveryCodes, plainRecoveryCode } from './mfa-recovery-codes.js';
import { matchingStep } from './mfa-totp.js';
import type { FactorProof } from './mfa-proof.js';
import { MfaRepository } from './mfa.repository.js';

/** A proof that failed; the reason is for the audit trail, never for the client. */
export interface Unproved {
  isProved: false;
  reason: string;
}

/** What came of a proof. */
export type FactorResult = { isProved: true } | Unproved;

/** Checks codes of authenticator apps and recovery codes, and uses them up: each works once. */
@Injectable()
export class MfaFactors {
  constructor(
    private readonly repository: MfaRepository,
    private readonly cipher: AuthenticatorCipher,
    private readonly digester: TokenDigester,
  ) {}

  isEnabled(transaction: Transaction, userId: string): Promise<boolean> {
    return this.repository.isEnabled(transaction, userId);
  }

  /** Uses a proof up, in the transaction of what it opens: when that fails, it was not used. */
  prove(transaction: Transaction, userId: string, proof: FactorProof): Promise<FactorResult> {
    return proof.factor === 'totp'
      ? this.proveCode(transaction, userId, proof.code)
      : this.proveRecoveryCode(transaction, userId, proof.recoveryCode);
  }

  /** Gives a person new recovery codes in place of all they have. Only their digests are kept. */
  async replaceRecoveryCodes(transaction: Transaction, userId: string): Promise<string[]> {
    const codes = newRecoveryCodes();
    const digests = codes.map((code) => this.digestOf(userId, code));
    await this.repository.replaceRecoveryCodes(transaction, userId, digests);
    return codes;
  }

  private async proveCode(transaction: Transaction, userId: string, code: string): Promise<FactorResult> {
    const secret = (await this.repository.find(transaction, userId))?.secret;
    const step = secret ? matchingStep(this.cipher.open(userId, secret), code) : null;
    if (!secret || step === null) return { isProved: false, reason: 'wrong code' };
    if (await this.repository.useStep(transaction, userId, secret, step)) return { isProved: true };
    return { isProved: false, reason: 'code used before' };
  }

  private async proveRecoveryCode(
    transaction: Transaction,
    userId: string,
    code: string,
  ): Promise<FactorResult> {
    const isFound = await this.repository.useRecoveryCode(transaction, userId, this.digestOf(userId, code));
    return isFound ? { isProved: true } : { isProved: false, reason: 'wrong recovery code' };
  }

  /** The keyed digest is looked up, not compared byte by byte: how long that takes tells nothing of the code. */
  private digestOf(userId: string, code: string): Buffer {
    return this.digester.digest(`recovery code of ${userId}: ${plainRecoveryCode(code)}`);
  }
}
