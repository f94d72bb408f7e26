import { Inject, Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { canonicalAddress } from '@credvault/mail/mail-address.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import type { Organization } from '../organizations/organization.entity.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { dataFolderToken } from '../runtime/runtime.js';
import { removeSetupToken } from '../runtime/setup-token-file.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { AccountLinksRepository } from './account-links.repository.js';
import { RegistrationRefused } from './auth.errors.js';
import { SignInLimits } from './sign-in-limits.js';

export interface Registration {
  email: string;
  password: string;
  name: string;
  setupToken?: string;
}

export interface Registered {
  user: User;
  organization: Organization;
}

/**
 * Makes accounts. The first one always takes the setup token; afterwards the setting `CREDVAULT_REGISTRATION` decides:
 * `invite` takes the token of an invitation, `open` none, `closed` lets nobody in.
 */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly links: AccountLinksRepository,
    private readonly limits: SignInLimits,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    @Inject(settingsToken) private readonly settings: Settings,
    @Inject(dataFolderToken) private readonly dataFolder: string,
  ) {}

  /** @throws RegistrationRefused, EmailTaken, TooManyAttempts, BAD_REQUEST for a weak password */
  async register(registration: Registration, origin: RequestOrigin): Promise<Registered> {
    const block = addressBlock(origin.ip);
    await this.limits.takeOneTimeToken(block);
    const passwordHash = await this.users.hashNewPassword(registration.password, { addressBlock: block });
    return this.database.transaction(async (transaction) => {
      // Of two first registrations at once, the second waits here and then finds that the token is used.
      await this.links.lockRegistration(transaction);
      const isFirst = !(await this.users.anyExists(transaction));
      await this.admit(transaction, registration, isFirst);
      if (isFirst) {
        transaction.afterCommit(() => removeSetupToken(this.dataFolder, registration.setupToken));
      }
      const { email, name } = registration;
      const user = await this.users.create(transaction, { email, name, passwordHash, isSuperuser: isFirst });
      const organization = await this.organizations.createPersonal(transaction, user);
      const who = { organizationId: organization.id, userId: user.id, origin };
      const entry = {
        type: 'user.registered',
        status: 201,
        resourceType: 'user' as const,
        resourceId: user.id,
      };
      await this.auditLog.appendRow(transaction, auditRow(who, entry));
      return { user, organization };
    });
  }

  private async admit(transaction: Transaction, registration: Registration, isFirst: boolean): Promise<void> {
    const { registration: mode } = this.settings;
    if (!isFirst && mode === 'open' && registration.setupToken === undefined) return;
    if (!isFirst && mode === 'closed')
      throw new RegistrationRefused('Registration is closed on this service.');
    if (registration.setupToken === undefined) {
      throw new RegistrationRefused(
        isFirst
          ? 'The first account takes the setup token that the service showed when it started.'
          : 'Registration takes an invitation. Ask the operator for one.',
      );
    }
    const digest = this.digester.digest(registration.setupToken);
    const link = await this.links.take(transaction, digest, [isFirst ? 'setup' : 'invitation']);
    const invited = link?.email ? canonicalAddress(link.email).toLowerCase() : undefined;
    if (!link || (invited !== undefined && invited !== registration.email.toLowerCase())) {
      throw new RegistrationRefused(
        'This setup token is wrong, used or expired, or was made for another e-mail address. A restart of the service makes a new one while there is no account.',
      );
    }
  }
}
