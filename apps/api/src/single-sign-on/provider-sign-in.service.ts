import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { reportRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { SessionsService, type IssuedSession } from '../auth/sessions.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
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

/** One that comes to its end, from an address that the organization takes sessions from, or not. */
type Finished = AnsweredAttempt & { isWithin: boolean };

/** Opens sessions for people whom the provider of an organization vouches for; they act in that organization only. */
@Injectable()
export class ProviderSignInService {
  constructor(
    private readonly attempts: SignInAttemptsService,
    private readonly rows: SignInAttemptsRepository,
    private readonly configurations: ProviderConfigurationsRepository,
    private readonly identities: ExternalIdentitiesRepository,
    private readonly newcomers: NewcomersService,
    private readonly organizations: OrganizationsService,
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
    const isWithin = await this.takesAddress(attempt, origin);
    try {
      return await this.database.transaction(
        (transaction) => this.finish(transaction, { ...attempt, isWithin }, digest, origin),
        attempt.organizationId,
      );
    } catch (error) {
      if (error instanceof ProviderSignInRefused) this.recordRefusal(attempt, error, origin);
      throw error;
    }
  }

  private async takesAddress({ organizationId }: AnsweredAttempt, { ip }: RequestOrigin): Promise<boolean> {
    const { allowedIps } = await this.organizations.get(organizationId);
    return allowedIps === null || AddressRanges.shared(allowedIps).holds(ip);
  }

  /** The configuration before the attempt, as a change of it locks them. */
  private async finish(
    transaction: Transaction,
    attempt: Finished,
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
    { identity: proved, isWithin }: Finished,
    origin: RequestOrigin,
  ): Promise<Newcomer> {
    const { organizationId, issuer } = configuration;
    const key = { organizationId, issuer, subject: proved.subject };
    await this.identities.lock(transaction, key);
    const identity = await this.identities.findByKey(transaction, key);
    // Before there is an account: the trail must not name one that the refusal undoes.
    if (!identity && !isWithin) throw new ProviderSignInRefused('address_not_allowed');
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
