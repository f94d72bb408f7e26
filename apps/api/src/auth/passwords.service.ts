import { Injectable } from '@nestjs/common';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { Database } from '@credvault/database/database.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { UsersService } from '../users/users.service.js';
import { AccountLinksRepository, type LinkPurpose } from './account-links.repository.js';
import { LinkRefused } from './auth.errors.js';
import { CurrentPassword, wrongPassword } from './current-password.js';
import { LongLivedTokens, type TokenToReview } from './long-lived-tokens.js';
import { SessionsService } from './sessions.service.js';
import { SignInLimits } from './sign-in-limits.js';

export interface PasswordChanged {
  endedSessions: number;
  /** Tokens that go on working, for their owner to look at: whoever knew the password may have made one. */
  tokensToReview: TokenToReview[];
}

/** What somebody who knew the old password may have asked for must not outlive it. */
const linksOfOldPassword: LinkPurpose[] = ['password_reset', 'email_change'];

/** Changes and resets passwords; both end sessions, and links that are on their way. */
@Injectable()
export class PasswordsService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly currentPassword: CurrentPassword,
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
    const user = await this.currentPassword.prove(actor, currentPassword);
    const request = { addressBlock: addressBlock(actor.origin.ip), field: 'newPassword' };
    const passwordHash = await this.users.hashNewPassword(newPassword, request);
    const endedSessions = await this.database.transaction(async (transaction) => {
      // The user's row before their sessions: a sign-in holds it while it opens one.
      if (!(await this.users.changePasswordHash(transaction, user, passwordHash))) throw wrongPassword(actor);
      const ended = await this.sessions.endAllOf(transaction, user.id, actor.credentialId);
      await this.links.deleteOf(transaction, user.id, linksOfOldPassword);
      const entry = {
        type: 'user.password_changed',
        status: 200,
        resourceType: 'user' as const,
        resourceId: user.id,
      };
      await this.auditLog.recordChange(transaction, actor, { ...entry, details: { endedSessions: ended } });
      return ended;
    }, actor.organizationId);
    return { endedSessions, tokensToReview: await this.tokens.ofUser(user.id) };
  }

  /**
   * Sets a new password with the one-time token of a reset link, and ends all sessions.
   *
   * @throws LinkRefused, TooManyAttempts, BAD_REQUEST for a weak password
   */
  async reset(token: string, newPassword: string, origin: RequestOrigin): Promise<void> {
    const block = addressBlock(origin.ip);
    await this.limits.takeOneTimeToken(block);
    const request = { addressBlock: block, field: 'newPassword' };
    const passwordHash = await this.users.hashNewPassword(newPassword, request);
    await this.database.transaction(async (transaction) => {
      const digest = this.digester.digest(token);
      const userId = await this.links.findResetOwner(transaction, digest);
      if (userId === null) throw new LinkRefused();
      // In the order in which a change locks: the user's row, then sessions and links. Of two resets with one link the
      // second waits here, and then finds the link taken.
      await this.users.setPasswordHash(transaction, userId, passwordHash);
      if (!(await this.links.take(transaction, digest, ['password_reset']))) throw new LinkRefused();
      await this.sessions.endAllOf(transaction, userId, null);
      await this.links.deleteOf(transaction, userId, linksOfOldPassword);
      const organizationId = await this.organizations.homeOf(userId, transaction);
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
