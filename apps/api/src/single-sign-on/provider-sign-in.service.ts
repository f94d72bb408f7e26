import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { reportRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { SessionsService, type IssuedSession } from '../auth/sessions.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { ExternalIdentitiesRepository } from './external-identities.repository.js';
import { NewcomersService, type Newcomer } from './newcomers.service.js';
import type { ProviderConfiguration } from './provider-configuration.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { SignInAttemptsRepository, type AnsweredAttempt } from './sign-in-attempts.repository.js';
import { SignInAttemptsService } from './sign-in-attempts.service.js';
import { CompletionRefused, ProviderSignInRefused } from './single-sign-on.errors.js';

/** A session that a provider vouched for. */
export interface ProviderSignIn {
  issued: IssuedSession;
  user: User;
}

/** Opens sessions for people whom the provider of an organization vouches for; they act in that organization only. */
@Injectable()
export class ProviderSignInService {
  constructor(
    private readonly attempts: SignInAttemptsService,
    private readonly rows: SignInAttemptsRepository,
    private readonly configurations: ProviderConfigurationsRepository,
    private readonly identities: ExternalIdentitiesRepository,
    private readonly newcomers: NewcomersService,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Finishes a sign-in.
   *
   * @throws CompletionRefused, SignInPending, ProviderSignInRefused, TooManyAttempts
   */
  async complete(signInToken: string, code: string, origin: RequestOrigin): Promise<ProviderSignIn> {
    const attempt = await this.attempts.proved(signInToken, code, origin);
    if (attempt.linker) throw new CompletionRefused();
    const digest = this.attempts.digestOfToken(signInToken);
    try {
      return await this.database.transaction(
        (transaction) => this.finish(transaction, attempt, digest, origin),
        attempt.organizationId,
      );
    } catch (error) {
      if (error instanceof ProviderSignInRefused) this.recordRefusal(attempt, error, origin);
      throw error;
    }
  }

  /** The configuration before the attempt, as a change of it locks them. */
  private async finish(
    transaction: Transaction,
    attempt: AnsweredAttempt,
    tokenDigest: Buffer,
    origin: RequestOrigin,
  ): Promise<ProviderSignIn> {
    const { organizationId, configurationId: id } = attempt;
    const { authTime } = attempt.identity;
    const configuration = await this.configurations.hold(transaction, { organizationId, id });
    if (!configuration) throw new ProviderSignInRefused('configuration_changed');
    if (!(await this.rows.take(transaction, tokenDigest))) throw new CompletionRefused();
    const { user, identity } = await this.personOf(transaction, configuration, attempt, origin);
    const issued = await this.sessions.openIn(transaction, user.id, organizationId, origin, {
      identityId: identity.id,
      // A provider may remember people for weeks: what counts is when they last proved to it who they are.
      provedAt: authTime === null ? null : new Date(Math.min(authTime * 1000, Date.now())),
    });
    if (!issued) throw new ProviderSignInRefused('not_a_member');
    return { issued, user };
  }

  private async personOf(
    transaction: Transaction,
    configuration: ProviderConfiguration,
    { identity: proved }: AnsweredAttempt,
    origin: RequestOrigin,
  ): Promise<Newcomer> {
    const { organizationId, issuer } = configuration;
    const key = { organizationId, issuer, subject: proved.subject };
    await this.identities.lock(transaction, key);
    const identity = await this.identities.findByKey(transaction, key);
    if (!identity) return this.newcomers.admit(transaction, configuration, proved, origin);
    const user = await this.users.hold(transaction, identity.userId);
    if (!user || !(await this.identities.use(transaction, identity, proved.email))) {
      throw new ProviderSignInRefused('not_a_member');
    }
    return { user, identity };
  }

  /** Whoever manages the organization sees why somebody did not come in; they are no actor, as nobody knows them. */
  private recordRefusal(
    { organizationId }: AnsweredAttempt,
    { reason }: ProviderSignInRefused,
    origin: RequestOrigin,
  ): void {
    const row = reportRow(organizationId, origin, {
      type: 'single_sign_on.refused',
      outcome: 'denied',
      status: 403,
      resourceType: 'organization',
      resourceId: organizationId,
    });
    this.auditLog.noteRow({ ...row, outcome: 'denied', reason: reason.replaceAll('_', ' ') });
  }
}
