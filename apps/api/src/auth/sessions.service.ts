import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { CredentialUse } from '@credvault/access/last-used.js';
import type { Actor, Principal, RequestOrigin } from '@credvault/access/actor.js';
import { FailedCredentials } from '@credvault/access/failed-credentials.js';
import { CredentialRegistry, type CredentialResolver } from '@credvault/access/credential-registry.js';
import { memberRights } from '@credvault/access/member-rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow, type AuditEntry } from '@credvault/audit-log/audit-record.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken, parseToken } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { RefreshInProgress, RefreshRefused, SessionNotFound } from './auth.errors.js';
import type { Session } from './session.entity.js';
import {
  SessionsRepository,
  type RefreshTokenRow,
  type SessionOwner,
  type SessionPrincipalRow,
} from './sessions.repository.js';

const minute = 60_000;
const day = 24 * 60 * minute;
/** SECURITY: access 15 minutes, refresh 30 days sliding and 90 absolute. */
const accessLifetime = 15 * minute;
const refreshLifetime = 30 * day;
const absoluteLifetime = 90 * day;
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
      isSuperuser: row.is_superuser,
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
   * @returns null when they are no member of the organization any more
   */
  async openIn(
    transaction: Transaction,
    userId: string,
    organizationId: string,
    origin: RequestOrigin,
  ): Promise<IssuedSession | null> {
    if (!(await this.sessions.holdMembership(transaction, { organizationId, userId }))) return null;
    const accessToken = mintToken('cvs_');
    const refreshToken = mintToken('cvr_');
    const session = newSession({ organizationId, userId }, this.digester.digest(accessToken), origin);
    await this.sessions.insert(transaction, session, this.digester.digest(refreshToken));
    await this.sessions.rememberAddress(transaction, userId, addressBlock(origin.ip));
    await this.record(transaction, session, origin, { type: 'session.created', status: 200 });
    return { userId, accessToken, refreshToken, expiresAt: session.accessExpiresAt };
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
   * @throws RefreshRefused for an unknown or expired one, and for an older one, whose whole family it ends
   * @throws TooManyAttempts for an address that keeps sending credentials nobody knows
   */
  async refresh(refreshToken: string, origin: RequestOrigin): Promise<IssuedSession> {
    const block = addressBlock(origin.ip);
    this.failures.assertOpen(block);
    const result = await this.tryRefresh(refreshToken, origin);
    if (result.kind === 'renewed') return result.issued;
    if (result.kind === 'parallel') throw new RefreshInProgress();
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
    const now = Date.now();
    if (token.is_replaced) return this.judgeReuse(transaction, session, token, origin);
    const end = Math.min(session.refreshExpiresAt.getTime(), session.absoluteExpiresAt.getTime());
    if (end <= now) return { kind: 'refused' };
    const accessToken = mintToken('cvs_');
    const refreshToken = mintToken('cvr_');
    const renewed = {
      organizationId: session.organizationId,
      id: session.id,
      accessDigest: this.digester.digest(accessToken),
      accessExpiresAt: new Date(Math.min(now + accessLifetime, session.absoluteExpiresAt.getTime())),
      refreshExpiresAt: new Date(Math.min(now + refreshLifetime, session.absoluteExpiresAt.getTime())),
      lastUsedAt: new Date(now),
    };
    await this.sessions.markReplaced(transaction, digest);
    await this.sessions.insertRefreshToken(transaction, session, this.digester.digest(refreshToken));
    await this.sessions.renew(transaction, renewed);
    await this.record(transaction, session, origin, { type: 'session.refreshed', status: 200 });
    this.forgetAfter(transaction, session.id);
    const expiresAt = renewed.accessExpiresAt;
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

/** A session as it begins: with a sign-in a moment ago. */
export function newSession(owner: SessionOwner, accessDigest: Buffer, origin: RequestOrigin): Session {
  const now = Date.now();
  return {
    ...owner,
    id: newUuid(),
    accessDigest,
    accessExpiresAt: new Date(now + accessLifetime),
    refreshExpiresAt: new Date(now + refreshLifetime),
    absoluteExpiresAt: new Date(now + absoluteLifetime),
    steppedUpAt: new Date(now),
    ip: origin.ip ?? null,
    userAgent: origin.userAgent ?? null,
    createdAt: new Date(now),
    lastUsedAt: new Date(now),
  };
}
