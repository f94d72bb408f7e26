import { Injectable } from '@nestjs/common';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, type TokenPrefix } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { AccountLinksRepository, type LinkPurpose, type MailedLink } from './account-links.repository.js';

const hour = 60 * 60_000;
/** SECURITY: a setup token is dead after 24 h. */
const setupLifetime = 24 * hour;
const invitationLifetime = 7 * 24 * hour;
const resetLifetime = hour;
const emailChangeLifetime = 24 * hour;

/** A token to be shown once, to the operator, or mailed to whom it is for. */
export interface OneTimeToken {
  token: string;
  expiresAt: Date;
}

/** Makes the one-time tokens that an operator hands out, or that are mailed. */
@Injectable()
export class AccountLinksService {
  constructor(
    private readonly links: AccountLinksRepository,
    private readonly digester: TokenDigester,
    private readonly database: Database,
  ) {}

  /** Makes the setup token of the first account, in place of the one before it. `preset` is the operator's own. */
  async issueSetup(preset: string | undefined): Promise<OneTimeToken> {
    const token = preset ?? mintToken('cvsetup_');
    const expiresAt = new Date(Date.now() + setupLifetime);
    await this.links.replaceSetup(this.digester.digest(token), expiresAt);
    return { token, expiresAt };
  }

  /** Makes an invitation that only the owner of this e-mail address can register with. */
  async issueInvitation(email: string): Promise<OneTimeToken> {
    const token = mintToken('cvinv_');
    const expiresAt = new Date(Date.now() + invitationLifetime);
    const link = { digest: this.digester.digest(token), purpose: 'invitation' as const, email, expiresAt };
    await this.database.transaction((transaction) => this.links.insert(transaction, link));
    return { token, expiresAt };
  }

  /** Makes the token of a reset link, in the transaction that records that it was made. */
  async issuePasswordReset(transaction: Transaction, userId: string): Promise<OneTimeToken> {
    const token = mintToken('cvreset_');
    const expiresAt = new Date(Date.now() + resetLifetime);
    const link = {
      digest: this.digester.digest(token),
      purpose: 'password_reset' as const,
      userId,
      expiresAt,
    };
    await this.links.insert(transaction, link);
    return { token, expiresAt };
  }

  /** Makes the reset token that is mailed to an account, in place of the one mailed before; others go on. */
  async issueMailedReset(
    transaction: Transaction,
    user: { id: string; email: string },
  ): Promise<OneTimeToken> {
    const made = newToken('cvreset_', resetLifetime);
    const { id: userId, email } = user;
    await this.replaceMailed(transaction, made, { purpose: 'password_reset', userId, email });
    return made;
  }

  /** Makes the token that gives an account this new address, in place of the one before. */
  async issueEmailChange(transaction: Transaction, userId: string, email: string): Promise<OneTimeToken> {
    const made = newToken('cvemail_', emailChangeLifetime);
    await this.replaceMailed(transaction, made, { purpose: 'email_change', userId, email });
    return made;
  }

  private replaceMailed(
    transaction: Transaction,
    { token, expiresAt }: OneTimeToken,
    link: MailedLink & { purpose: LinkPurpose },
  ): Promise<void> {
    return this.links.replaceMailed(transaction, { ...link, digest: this.digester.digest(token), expiresAt });
  }
}

function newToken(prefix: TokenPrefix, lifetime: number): OneTimeToken {
  return { token: mintToken(prefix), expiresAt: new Date(Date.now() + lifetime) };
}
