import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pLimit from 'p-limit';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { reportRow } from '@credvault/audit-log/audit-record.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { describeError } from '@credvault/http/error-description.js';
import { Mailer } from '@credvault/mail/mailer.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { AccountLinksService } from './account-links.service.js';
import { passwordResetMail } from './account-mails.js';
import { MailLimits } from './mail-limits.js';

/** Accounts looked up at once; of the connections of a process, most stay free for others. */
const atOnce = 2;
/** Requests that may wait; beyond it they are forgotten, and the log says so. */
const capacity = 500;

/**
 * Mails people the token for a new password. Whether there is an account shows nowhere: the answer is given before
 * anybody looks, so it is the same in status, words and time.
 */
@Injectable()
export class ForgottenPasswordsService implements OnApplicationShutdown {
  private readonly logger = new Logger(ForgottenPasswordsService.name);
  private readonly turn = pLimit(atOnce);
  private readonly underWay = new Set<Promise<void>>();

  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly links: AccountLinksService,
    private readonly limits: MailLimits,
    private readonly mailer: Mailer,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {}

  /** Takes a request for a reset mail; whether one goes out is decided after the answer. @throws TooManyAttempts */
  async request(email: string, origin: RequestOrigin): Promise<void> {
    await this.limits.takeResetRequest(addressBlock(origin.ip));
    if (!this.mailer.isConfigured) {
      this.logger.warn(
        'Somebody asked for a new password, but no mail can be sent: SMTP_URL is not set. Make them a token with npm run accounts -- reset-password <email>.',
      );
      return;
    }
    if (this.turn.pendingCount >= capacity) {
      this.logger.warn('Too many people ask for a new password at once: a request was dropped.');
      return;
    }
    const handled = this.turn(() => this.handle(email, origin)).finally(() => this.underWay.delete(handled));
    this.underWay.add(handled);
  }

  /** Resolves once every request so far has been decided; its mail may still be on its way (`Mailer.settled`). */
  async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.settled();
  }

  private async handle(email: string, origin: RequestOrigin): Promise<void> {
    try {
      const user = await this.users.findByEmail(email);
      if (!user || !(await this.limits.mayMailReset(user.id))) return;
      await this.database.transaction((transaction) => this.issue(transaction, user, origin));
    } catch (error) {
      this.logger.error(`A reset mail could not be made: ${JSON.stringify(describeError(error))}`);
    }
  }

  private async issue(transaction: Transaction, user: User, origin: RequestOrigin): Promise<void> {
    // Whoever had the address before must not get a link, however closely their requests follow each other.
    if (!(await this.users.holdEmail(transaction, user))) return;
    const link = await this.links.issueMailedReset(transaction, user);
    const organizationId = await this.organizations.homeOf(user.id, transaction);
    if (organizationId !== null) {
      const entry = { type: 'user.password_reset_requested', status: 202, resourceId: user.id };
      const row = reportRow(organizationId, origin, { ...entry, resourceType: 'user' });
      await this.auditLog.appendRow(transaction, row);
    }
    // To the address of the account, not to the one that was typed: the database finds more spellings equal than mail does.
    transaction.afterCommit(() =>
      this.mailer.post(passwordResetMail(this.settings.publicUrl, user.email, link)),
    );
  }
}
