import { Injectable } from '@nestjs/common';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { verifyPassword } from '@credvault/crypto/passwords.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { Database } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { UsersService } from '../users/users.service.js';
import { AccountLinksRepository } from './account-links.repository.js';
import { LinkRefused, WrongPassword } from './auth.errors.js';
import { LongLivedTokens, type TokenToReview } from './long-lived-tokens.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

export interface PasswordChanged {
  endedSessions: number;
  /** Tokens that go on working, for their owner to look at: whoever knew the password may have made one. */
  tokensToReview: TokenToReview[];
}

/** Changes and resets passwords; both end sessions. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly sessions: SessionsService,
    private readonly links: AccountLinksRepository,
    private readonly limits: SignInLimits,
    private readonly tokens: LongLivedTokens,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Changes the actor's password and ends all their other sessions.
   *
   * @throws WrongPassword, TooManyAttempts, BAD_REQUEST for a weak new password
   */
  async change(actor: Actor, currentPassword: string, newPassword: string): Promise<PasswordChanged> {
    const user = await this.users.get(actor.userId);
    const block = addressBlock(actor.origin.ip);
    await this.limits.assertOpen(user.email, block);
    if (!(await verifyPassword(user.passwordHash, currentPassword))) {
      await this.limits.countFailure(user.email, block);
      throw new WrongPassword();
    }
    const passwordHash = await this.users.hashNewPassword(newPassword);
    const endedSessions = await this.database.transaction(async (transaction) => {
      await this.users.setPasswordHash(transaction, user.id, passwordHash);
      const ended = await this.sessions.endAllOf(transaction, user.id, actor.credentialId);
      const entry = {
        type: 'user.password_changed',
        status: 200,
        resourceType: 'user' as const,
        resourceId: user.id,
      };
      await this.auditLog.recordChange(transaction, actor, { ...entry, details: { endedSessions: ended } });
      return ended;
    });
    return { endedSessions, tokensToReview: await this.tokens.ofUser(user.id) };
  }

  /**
   * Sets a new password with the one-time token of a reset link, and ends all sessions.
   *
   * @throws LinkRefused, TooManyAttempts, BAD_REQUEST for a weak password
   */
  async reset(token: string, newPassword: string, origin: RequestOrigin): Promise<void> {
    await this.limits.takeOneTimeToken(addressBlock(origin.ip));
    const passwordHash = await this.users.hashNewPassword(newPassword);
    await this.database.transaction(async (transaction) => {
      const link = await this.links.take(transaction, this.digester.digest(token), ['password_reset']);
      const userId = link?.user_id;
      if (!userId) throw new LinkRefused();
      await this.users.setPasswordHash(transaction, userId, passwordHash);
      await this.sessions.endAllOf(transaction, userId, null);
      const organizationId = await this.organizations.homeOf(userId);
      if (organizationId === null) return;
      const entry = {
        type: 'user.password_reset',
        status: 204,
        resourceType: 'user' as const,
        resourceId: userId,
      };
      await this.auditLog.appendRow(transaction, auditRow({ organizationId, userId, origin }, entry));
    });
  }
}
