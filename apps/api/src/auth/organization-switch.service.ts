import { Injectable } from '@nestjs/common';
import { CredentialInvalid } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { OrganizationNotFound } from '../organizations/organizations.errors.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { AlreadyActingThere, SessionTooOld } from './auth.errors.js';
import { newSession } from './new-session.js';
import { earlier, endOfSession } from './session-demands.js';
import type { Session } from './session.entity.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService, type IssuedSession } from './sessions.service.js';

/** Lets a person act in another of their organizations: a session acts in one, so it ends and another one begins. */
@Injectable()
export class OrganizationSwitchService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly opened: SessionsService,
    private readonly users: UsersService,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * Ends the actor's session and opens one in another organization.
   *
   * @param publicOrganizationId the id as the client sent it
   * @throws OrganizationNotFound where the person is no member, AlreadyActingThere; AddressNotAllowed and SessionTooOld for
   *   what that organization demands of sessions
   * @throws CredentialInvalid when the session was ended a moment ago
   */
  async switchTo(actor: Actor, publicOrganizationId: string): Promise<{ issued: IssuedSession; user: User }> {
    const organizationId = uuidOf('organization', publicOrganizationId);
    if (organizationId === undefined) throw new OrganizationNotFound();
    if (organizationId === actor.organizationId) throw new AlreadyActingThere();
    const user = await this.users.get(actor.userId);
    const issued = await this.database.transaction(async (transaction) => {
      // The user's row before their sessions, as a change of the password locks them: it ends the sessions it finds, and
      // would not find one that is being opened.
      if (!(await this.users.holdPassword(transaction, user))) throw new CredentialInvalid();
      const ended = await this.end(transaction, actor);
      return this.open(transaction, actor, organizationId, ended);
    }, actor.organizationId);
    return { issued, user };
  }

  /** A refresh locks the session too: whichever comes second finds what the first one left. */
  private async end(transaction: Transaction, actor: Actor): Promise<Session> {
    const { credentialId: id } = actor;
    const session = await this.sessions.lock(transaction, actor, id);
    if (!session) throw new CredentialInvalid();
    await this.sessions.delete(transaction, actor, id);
    await this.auditLog.recordChange(transaction, actor, {
      type: 'session.switched',
      status: 200,
      resourceType: 'session',
      resourceId: id,
    });
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'credential', id }));
    return session;
  }

  /**
   * The new session has nothing of the old one but its end. It has proved nothing by itself, so it is not stepped up, and
   * its record does not say where the person came from: that is the other organization's business.
   */
  private async open(
    transaction: Transaction,
    { userId, origin }: Actor,
    organizationId: string,
    ended: Session,
  ): Promise<IssuedSession> {
    const owner = { organizationId, userId };
    const demands = await this.sessions.holdMembership(transaction, owner);
    if (!demands) throw new OrganizationNotFound();
    this.opened.assertTakes(demands, { ...owner, origin });
    const end = endOfSession(ended, demands);
    if (end <= new Date()) throw new SessionTooOld();
    const accessToken = mintToken('cvs_');
    const refreshToken = mintToken('cvr_');
    const session = newSession(owner, this.digester.digest(accessToken), origin);
    const { absoluteExpiresAt, signedInAt } = ended;
    session.signedInAt = signedInAt;
    session.absoluteExpiresAt = absoluteExpiresAt;
    session.accessExpiresAt = earlier(session.accessExpiresAt, end);
    session.refreshExpiresAt = earlier(session.refreshExpiresAt, absoluteExpiresAt);
    session.steppedUpAt = null;
    await this.sessions.insert(transaction, session, this.digester.digest(refreshToken));
    const who = { ...owner, origin, credentialType: 'session' as const, credentialId: session.id };
    const about = { resourceType: 'session' as const, resourceId: session.id, details: { switched: true } };
    await this.auditLog.appendRow(
      transaction,
      auditRow(who, { type: 'session.created', status: 200, ...about }),
    );
    return { userId, accessToken, refreshToken, expiresAt: session.accessExpiresAt };
  }
}
