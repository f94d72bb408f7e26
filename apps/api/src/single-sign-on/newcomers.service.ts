import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import type { Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { UnknownRole } from '../roles/roles.errors.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import { EmailTaken } from '../users/users.errors.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { ExternalIdentitiesRepository } from './external-identities.repository.js';
import type { ExternalIdentity } from './external-identity.js';
import type { ProviderConfiguration } from './provider-configuration.js';
import { domainOf, type ProvedIdentity } from './proved-identity.js';
import { ProviderSignInRefused } from './single-sign-on.errors.js';

/** An account that was just made, and the identity that stands for it. */
export interface Newcomer {
  user: User;
  identity: ExternalIdentity;
}

/** Makes accounts for people whom the provider of an organization vouches for, and whom nobody knows here. */
@Injectable()
export class NewcomersService {
  constructor(
    private readonly identities: ExternalIdentitiesRepository,
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly roles: RolesService,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * Makes an account without a password, a member of the organization and of no other one.
   *
   * @throws ProviderSignInRefused saying why not
   */
  async admit(
    transaction: Transaction,
    configuration: ProviderConfiguration,
    proved: ProvedIdentity,
    origin: RequestOrigin,
  ): Promise<Newcomer> {
    const email = vouchedAddress(configuration, proved);
    // Whoever else has this address may be somebody else: that they are the same only they can say, by a session.
    if (await this.identities.hasAccount(transaction, email)) throw new ProviderSignInRefused('link_needed');
    const role = await this.roleOf(transaction, configuration);
    const user = await this.create(transaction, email, proved.name);
    const { organizationId, issuer } = configuration;
    await this.identities.insertMember(transaction, { organizationId, userId: user.id }, role);
    const now = new Date();
    const identity: ExternalIdentity = {
      organizationId,
      id: newUuid(),
      issuer,
      subject: proved.subject,
      userId: user.id,
      email,
      createdAt: now,
      lastUsedAt: now,
    };
    await this.identities.insert(transaction, identity);
    await this.record(transaction, identity, role, origin);
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id: user.id }));
    return { user, identity };
  }

  private async create(transaction: Transaction, email: string, name: string | null): Promise<User> {
    const shownAs = name ?? email.slice(0, email.lastIndexOf('@')).slice(0, 100);
    try {
      const account = { email, name: shownAs, passwordHash: null, isSuperuser: false };
      return await this.users.create(transaction, account);
    } catch (error) {
      throw error instanceof EmailTaken ? new ProviderSignInRefused('link_needed') : error;
    }
  }

  /**
   * The role of new members, as long as whoever saved it could still give it: what they configured does not outlive their rights,
   * as invitations do not.
   */
  private async roleOf(
    transaction: Transaction,
    configuration: ProviderConfiguration,
  ): Promise<ResolvedRole> {
    const { organizationId, configuredBy } = configuration;
    const role = await this.resolve(transaction, configuration);
    const giver = await this.organizations.rightsOf(transaction, organizationId, configuredBy);
    const mayGive =
      giver?.scopes.has('settings:modify') === true &&
      role.scopes.isSubsetOf(giver.scopes) &&
      (!role.reachesAllVaults || giver.grants === undefined);
    if (!mayGive) throw new ProviderSignInRefused('role_unavailable');
    return role;
  }

  private async resolve(
    transaction: Transaction,
    configuration: ProviderConfiguration,
  ): Promise<ResolvedRole> {
    try {
      const name = this.roles.nameOf(configuration);
      return await this.roles.resolve(transaction, configuration.organizationId, name);
    } catch (error) {
      throw error instanceof UnknownRole ? new ProviderSignInRefused('role_unavailable') : error;
    }
  }

  private record(
    transaction: Transaction,
    { organizationId, userId }: ExternalIdentity,
    role: ResolvedRole,
    origin: RequestOrigin,
  ): Promise<void> {
    const details = { role: this.roles.nameOf(role), newAccount: true, provider: true };
    const entry = { type: 'member.joined', status: 200, resourceType: 'user' as const, resourceId: userId };
    const row = auditRow({ organizationId, userId, origin }, { ...entry, details, secondary: true });
    return this.auditLog.appendRow(transaction, row);
  }
}

/** The address that the provider vouches for, in the domain that the organization has proven. @throws ProviderSignInRefused */
function vouchedAddress(
  { domain, domainVerifiedAt }: ProviderConfiguration,
  { email, emailVerified }: ProvedIdentity,
): string {
  if (email === null || !emailVerified) throw new ProviderSignInRefused('email_unverified');
  if (domainVerifiedAt === null) throw new ProviderSignInRefused('domain_unproven');
  if (domainOf(email) !== domain) throw new ProviderSignInRefused('other_domain');
  return email;
}
