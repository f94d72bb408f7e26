import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AddressNotAllowed } from '@credvault/access/access.errors.js';
import type { CredentialUse } from '@credvault/access/last-used.js';
import type { Actor, Principal, RequestOrigin } from '@credvault/access/actor.js';
import { FailedCredentials } from '@credvault/access/failed-credentials.js';
import { CredentialRegistry, type CredentialResolver } from '@credvault/access/credential-registry.js';
import { memberRights } from '@credvault/access/member-rights.js';
import { organizationBounds } from '@credvault/access/organization-bounds.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow, type AuditEntry } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, parseToken } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { RefreshInProgress, RefreshRefused, SessionNotFound } from './auth.errors.js';
import { bindTo, newSession, renewedTimes, type Vouching } from './new-session.js';
import { earlier, endOfSession, takesAddress, type SessionDemands } from './session-demands.js';
import type { Session } from './session.entity.js';
import {
  SessionsRepository,
  type RefreshTokenRow,
  type SessionOwner,
  type SessionPrincipalRow,
} from './sessions.repository.js';

/** Of whoever may have a session, but not from where they are. */
const addressRefused = {
  type: 'session.refused',
  outcome: 'denied' as const,
  reason: 'address not allowed',
  status: 403,
};
/** A predecessor presented again within this time is a parallel request, not a thief. */
const parallelRefreshSeconds = 10;

/** What a client gets for signing in or refreshing: both tokens this once. */
export interface IssuedSession {
  userId: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
}

type RefreshResult =
  | { kind: 'renewed'; issued: IssuedSession }
  | { kind: 'parallel' }
  | { kind: 'outside' }
  | { kind: 'refused' }
  | { kind: 'unknown' };

/** Opens, renews and ends sessions, and finds the principal of an access token. */
@Injectable()
export class SessionsService implements OnModuleInit, CredentialResolver {
  readonly prefix = 'cvs_';
  readonly credentialType = 'session';

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly database: Database,
    private readonly digester: TokenDigester,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
    private readonly failures: FailedCredentials,
  ) {}

  onModuleInit(): void {
    this.credentials.register(this);
    this.credentials.registerLeakable('cvr_', async (digest) => {
      const row = await this.sessions.findByRefreshDigest(digest);
      return row ? this.principalOf(row) : null;
    });
  }

  async findPrincipal(digest: Buffer): Promise<Principal | null> {
    const row = await this.sessions.findPrincipal(digest);
    return row ? this.principalOf(row) : null;
  }

  private principalOf(row: SessionPrincipalRow): Principal {
    return {
      credentialType: this.credentialType,
      credentialId: row.id,
      userId: row.user_id,
      organizationId: row.organization_id,
      ...memberRights(row),
      ...organizationBounds(row),
      // Whom a provider vouched for administers nothing beyond its organization.
      isSuperuser: row.is_superuser && row.external_identity_id === null,
      fromProvider: row.external_identity_id !== null,
      expiresAt: row.access_expires_at.getTime(),
      steppedUpAt: row.stepped_up_at?.getTime(),
      paused: false,
      plan: row.plan,
    };
  }

  stop(transaction: Transaction, principal: Principal): Promise<boolean> {
    return this.sessions.delete(transaction, principal, principal.credentialId);
  }

  saveLastUsed(uses: CredentialUse[]): Promise<void> {
    return this.sessions.saveLastUsed(uses);
  }

  /**
   * Opens a session for a person who has just proved who they are, in the transaction that holds their row: so a change of
   * their password, or of their second factor, either waits for this session or keeps it from being opened.
   *
   * @param vouching set when it was not here that they proved it
   * @returns null when they are no member of the organization any more
   * @throws AddressNotAllowed when the organization takes no sessions from where they are
   */
  async openIn(
    transaction: Transaction,
    userId: string,
    organizationId: string,
    origin: RequestOrigin,
    vouching?: Vouching,
  ): Promise<IssuedSession | null> {
    const demands = await this.sessions.holdMembership(transaction, { organizationId, userId });
    if (!demands) return null;
    this.assertTakes(demands, { organizationId, userId, origin });
    const accessToken = mintToken('cvs_');
    const refreshToken = mintToken('cvr_');
    const session = newSession({ organizationId, userId }, this.digester.digest(accessToken), origin);
    if (vouching) bindTo(session, vouching);
    await this.sessions.insert(transaction, session, this.digester.digest(refreshToken));
    // Whom a provider lets in has not shown that they know the password: their address earns no patience with guesses of it.
    if (!vouching) await this.sessions.rememberAddress(transaction, userId, addressBlock(origin.ip));
    const details = vouching && { externalIdentity: publicId('externalIdentity', vouching.identityId) };
    await this.record(transaction, session, origin, { type: 'session.created', status: 200, details });
    return { userId, accessToken, refreshToken, expiresAt: session.accessExpiresAt };
  }

  /**
   * Holds somebody who asks for a session to the addresses of the organization it would act in, whose trail tells of it.
   *
   * @throws AddressNotAllowed
   */
  assertTakes(
    demands: Pick<SessionDemands, 'allowedIps'>,
    who: SessionOwner & { origin: RequestOrigin },
  ): void {
    if (takesAddress(demands, who.origin.ip)) return;
    const { organizationId, userId, origin } = who;
    const about = { resourceType: 'user' as const, resourceId: userId };
    this.auditLog.noteRow(auditRow({ organizationId, userId, origin }, { ...addressRefused, ...about }));
    throw new AddressNotAllowed('organization');
  }

  /** Notes that the actor's session has proved again who it stands for; false when it has ended. */
  async stepUp(transaction: Transaction, actor: Actor, steppedUpAt: Date): Promise<boolean> {
    this.forgetAfter(transaction, actor.credentialId);
    return this.sessions.setSteppedUp(transaction, actor, actor.credentialId, steppedUpAt);
  }

  /** Takes from the actor's other sessions what their sign-in has proved, because less was asked of it than is now. */
  async doubtOthers(transaction: Transaction, actor: Actor): Promise<void> {
    const doubted = await this.sessions.clearSteppedUp(transaction, actor.userId, actor.credentialId);
    for (const id of doubted) this.forgetAfter(transaction, id);
  }

  /**
   * Exchanges a refresh token for new tokens.
   *
   * @throws RefreshInProgress for the immediate predecessor within 10 s, which ends nothing
   * @throws AddressNotAllowed from where its organization takes no sessions, which ends nothing
   * @throws RefreshRefused for an unknown or expired one, and for an older one, whose whole family it ends
   * @throws TooManyAttempts for an address that keeps sending credentials nobody knows
   */
  async refresh(refreshToken: string, origin: RequestOrigin): Promise<IssuedSession> {
    const block = addressBlock(origin.ip);
    this.failures.assertOpen(block);
    const result = await this.tryRefresh(refreshToken, origin);
    if (result.kind === 'renewed') return result.issued;
    if (result.kind === 'parallel') throw new RefreshInProgress();
    if (result.kind === 'outside') throw new AddressNotAllowed('organization');
    if (result.kind === 'unknown') this.failures.count(block);
    throw new RefreshRefused();
  }

  /** Ends the session the actor speaks through. */
  async end(actor: Actor): Promise<void> {
    await this.endOne(actor, actor.credentialId, 'session.ended');
  }

  /** Ends one of the actor's own sessions; throws SessionNotFound for any other. */
  async revoke(actor: Actor, sessionId: string): Promise<void> {
    await this.endOne(actor, sessionId, 'session.revoked');
  }

  /** Ends all sessions of a person but one, in the transaction that changes their password; returns how many. */
  async endAllOf(transaction: Transaction, userId: string, exceptId: string | null): Promise<number> {
    const ended = await this.sessions.deleteAllOf(transaction, userId, exceptId);
    transaction.afterCommit(() => {
      for (const id of ended) this.credentials.invalidate({ kind: 'credential', id });
    });
    return ended.length;
  }

  private async tryRefresh(refreshToken: string, origin: RequestOrigin): Promise<RefreshResult> {
    if (parseToken(refreshToken)?.prefix !== 'cvr_') return { kind: 'unknown' };
    const digest = this.digester.digest(refreshToken);
    return this.database.transaction((transaction) => this.exchange(transaction, digest, origin));
  }

  private async exchange(
    transaction: Transaction,
    digest: Buffer,
    origin: RequestOrigin,
  ): Promise<RefreshResult> {
    const token = await this.sessions.lockByRefreshDigest(transaction, digest, parallelRefreshSeconds);
    const session = token && (await this.sessions.find(transaction, token.organization_id, token.session_id));
    if (!token || !session) return { kind: 'unknown' };
    const now = new Date();
    if (token.is_replaced) return this.judgeReuse(transaction, session, token, origin);
    const end = endOfSession(session, token);
    if (earlier(session.refreshExpiresAt, end) <= now) return { kind: 'refused' };
    if (!takesAddress(token, origin.ip)) {
      await this.record(transaction, session, origin, addressRefused);
      return { kind: 'outside' };
    }
    const accessToken = mintToken('cvs_');
    const refreshToken = mintToken('cvr_');
    const renewed = {
      organizationId: session.organizationId,
      id: session.id,
      accessDigest: this.digester.digest(accessToken),
      ...renewedTimes(session, now),
    };
    await this.sessions.markReplaced(transaction, digest);
    await this.sessions.insertRefreshToken(transaction, session, this.digester.digest(refreshToken));
    await this.sessions.renew(transaction, renewed);
    await this.record(transaction, session, origin, { type: 'session.refreshed', status: 200 });
    this.forgetAfter(transaction, session.id);
    const expiresAt = earlier(renewed.accessExpiresAt, end);
    return { kind: 'renewed', issued: { userId: session.userId, accessToken, refreshToken, expiresAt } };
  }

  private async judgeReuse(
    transaction: Transaction,
    session: Session,
    token: RefreshTokenRow,
    origin: RequestOrigin,
  ): Promise<RefreshResult> {
    if (token.is_fresh_predecessor) return { kind: 'parallel' };
    await this.sessions.delete(transaction, session, session.id);
    const reason = 'a refresh token was used twice';
    await this.record(transaction, session, origin, {
      type: 'session.refresh_reused',
      outcome: 'denied',
      reason,
      status: 401,
    });
    this.forgetAfter(transaction, session.id);
    return { kind: 'refused' };
  }

  private async endOne(actor: Actor, sessionId: string, type: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (!(await this.sessions.delete(transaction, actor, sessionId))) throw new SessionNotFound();
      await this.auditLog.recordChange(transaction, actor, {
        type,
        status: 204,
        resourceType: 'session',
        resourceId: sessionId,
      });
      this.forgetAfter(transaction, sessionId);
    }, actor.organizationId);
  }

  private forgetAfter(transaction: Transaction, sessionId: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'credential', id: sessionId }));
  }

  /** Records what happened to a session whose person is no actor (yet). */
  private record(
    transaction: Transaction,
    session: Session,
    origin: RequestOrigin,
    entry: AuditEntry,
  ): Promise<void> {
    const credential = { credentialType: 'session' as const, credentialId: session.id };
    const row = auditRow(
      { organizationId: session.organizationId, userId: session.userId, origin, ...credential },
      { ...entry, resourceType: 'session', resourceId: session.id },
    );
    return this.auditLog.appendRow(transaction, row);
  }
}
