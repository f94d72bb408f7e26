import { Inject, Injectable, Logger } from '@nestjs/common';
import { SessionRequired } from '@credvault/access/access.errors.js';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { assertSteppedUp } from '@credvault/access/step-up.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { inputError } from '@credvault/http/input-errors.js';
import { Mailer } from '@credvault/mail/mailer.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { EmailTaken } from '../users/users.errors.js';
import { UsersService } from '../users/users.service.js';
import { AccountLinksRepository } from './account-links.repository.js';
import { AccountLinksService } from './account-links.service.js';
import { emailChangedNotice, emailChangeMail, emailChangeNotice, emailTakenMail } from './account-mails.js';
import { LinkRefused, MailNotConfigured, NewEmailTaken } from './auth.errors.js';
import { CurrentPassword, wrongPassword } from './current-password.js';
import { MailLimits } from './mail-limits.js';
import { SignInLimits } from './sign-in-limits.js';

const tooManyChanges =
  'A change of an e-mail address was asked for, but no mail was sent: several accounts have asked for this address too often in the last hour.';

/** Changes e-mail addresses: whoever asks proves their password, and then that the new mailbox is theirs. */
@Injectable()
export class EmailChangeService {
  private readonly logger = new Logger(EmailChangeService.name);

  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly currentPassword: CurrentPassword,
    private readonly links: AccountLinksRepository,
    private readonly tokens: AccountLinksService,
    private readonly limits: MailLimits,
    private readonly signInLimits: SignInLimits,
    private readonly mailer: Mailer,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {}

  /**
   * Mails a one-time token to the new address, in place of the one before it, and a notice to the present one. Does the
   * same where another account has the new address, but then the mail holds no token: nobody learns whose address is taken.
   *
   * @throws MailNotConfigured, WrongPassword, TooManyAttempts, BAD_REQUEST for the address one has
   */
  async request(actor: Actor, newEmail: string, currentPassword: string): Promise<void> {
    if (!this.mailer.isConfigured) throw new MailNotConfigured();
    await this.begin(actor, await this.currentPassword.prove(actor, currentPassword), newEmail);
  }

  /**
   * As `request`, for a session that has just stepped up: that took the password, and the second factor too.
   *
   * @throws StepUpRequired, SessionRequired, MailNotConfigured, TooManyAttempts, BAD_REQUEST for the address one has
   */
  async requestSteppedUp(actor: Actor, newEmail: string): Promise<void> {
    if (actor.credentialType !== 'session') throw new SessionRequired();
    assertSteppedUp(actor);
    if (!this.mailer.isConfigured) throw new MailNotConfigured();
    await this.begin(actor, await this.users.get(actor.userId), newEmail);
  }

  private async begin(actor: Actor, user: User, newEmail: string): Promise<void> {
    if (user.email === newEmail) {
      throw inputError([
        { path: 'newEmail', code: 'unchanged', message: 'newEmail is your address already' },
      ]);
    }
    const mayMail = await this.limits.takeEmailChange(user.id, newEmail);
    const owner = await this.users.findByEmail(newEmail);
    await this.database.transaction(async (transaction) => {
      if (!(await this.users.holdPassword(transaction, user))) throw wrongPassword(actor);
      const link = await this.tokens.issueEmailChange(transaction, user.id, newEmail);
      const entry = { type: 'user.email_change_requested', status: 202, resourceId: user.id };
      await this.auditLog.recordChange(transaction, actor, { ...entry, resourceType: 'user' });
      transaction.afterCommit(() => {
        const { publicUrl } = this.settings;
        const isTaken = owner !== null && owner.id !== user.id;
        const mail = isTaken
          ? emailTakenMail(publicUrl, owner.email)
          : emailChangeMail(publicUrl, newEmail, link);
        if (mayMail) this.mailer.post(mail);
        else this.logger.warn(tooManyChanges);
        this.mailer.post(emailChangeNotice(publicUrl, user.email, newEmail));
      });
    }, actor.organizationId);
  }

  /**
   * Gives an account the address that a token was mailed to. Sessions go on; links that reset its password, which went to
   * the former address, end.
   *
   * @throws LinkRefused, NewEmailTaken, TooManyAttempts
   */
  async confirm(token: string, origin: RequestOrigin): Promise<void> {
    await this.signInLimits.takeOneTimeToken(addressBlock(origin.ip));
    const digest = this.digester.digest(token);
    await this.database.transaction(async (transaction) => {
      const link = await this.links.findEmailChange(transaction, digest);
      if (!link) throw new LinkRefused();
      const { userId, email } = link;
      // The user's row before their links, as everywhere. Of two confirmations with one token the second waits here, and
      // then finds the token taken.
      const formerEmail = await this.changeEmail(transaction, userId, email);
      if (!(await this.links.take(transaction, digest, ['email_change']))) throw new LinkRefused();
      await this.links.deleteOf(transaction, userId, ['password_reset']);
      const organizationId = await this.organizations.homeOf(userId, transaction);
      if (organizationId !== null) {
        const entry = { type: 'user.email_changed', status: 204, resourceId: userId };
        const row = auditRow({ organizationId, userId, origin }, { ...entry, resourceType: 'user' });
        await this.auditLog.appendRow(transaction, row);
      }
      transaction.afterCommit(() =>
        this.mailer.post(emailChangedNotice(this.settings.publicUrl, formerEmail, email)),
      );
    });
  }

  /** @returns the address before. @throws NewEmailTaken */
  private async changeEmail(transaction: Transaction, userId: string, email: string): Promise<string> {
    try {
      return await this.users.changeEmail(transaction, userId, email);
    } catch (error) {
      throw error instanceof EmailTaken ? new NewEmailTaken() : error;
    }
  }
}
