import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { ProviderSecretCipher } from '@credvault/crypto/provider-secret-cipher.js';
import { SecretValue } from '@credvault/crypto/secret-value.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { assertPrecondition } from '@credvault/http/etag.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import { OpenIdProviders } from './openid-providers.js';
import type { ProviderConfiguration } from './provider-configuration.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { ConfigurationRefused, SingleSignOnNotConfigured } from './single-sign-on.errors.js';

/** What an organization says of its provider. */
export interface ProviderFields {
  issuer: string;
  clientId: string;
  /** Null: a public client, which has none. Undefined in a change: as it is. */
  clientSecret?: string | null;
  domain: string;
  defaultRole: string;
  enabled: boolean;
}

/** How an organization sets single sign-on up. Whoever may, decides who comes in: so it takes `settings:modify` and a step-up. */
@Injectable()
export class ProviderConfigurationsService {
  constructor(
    private readonly configurations: ProviderConfigurationsRepository,
    private readonly roles: RolesService,
    private readonly providers: OpenIdProviders,
    private readonly cipher: ProviderSecretCipher,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  /** @throws ScopeMissing, OrganizationNotFound, SingleSignOnNotConfigured */
  async get(actor: Actor, organizationId: string): Promise<ProviderConfiguration> {
    assertOwn(actor, organizationId);
    const found = await this.configurations.find(organizationId);
    if (!found) throw new SingleSignOnNotConfigured();
    return found;
  }

  /**
   * Sets everything. Without a client secret the client has none.
   *
   * @throws ScopeMissing, OrganizationNotFound, PRECONDITION_FAILED, ConfigurationRefused, UnknownRole, RightsTooWide
   */
  set(
    actor: Actor,
    organizationId: string,
    fields: ProviderFields,
    ifMatch?: string,
  ): Promise<ProviderConfiguration> {
    assertOwn(actor, organizationId);
    return this.change(actor, ifMatch, () => ({ ...fields, clientSecret: fields.clientSecret ?? null }));
  }

  /** Changes the fields that are given. @throws as `set`, and SingleSignOnNotConfigured */
  update(
    actor: Actor,
    organizationId: string,
    fields: Partial<ProviderFields>,
    ifMatch?: string,
  ): Promise<ProviderConfiguration> {
    assertOwn(actor, organizationId);
    return this.change(actor, ifMatch, (present) => {
      if (!present) throw new SingleSignOnNotConfigured();
      const { issuer, clientId, domain, enabled } = present;
      return { issuer, clientId, domain, enabled, defaultRole: this.roles.nameOf(present), ...fields };
    });
  }

  /**
   * Ends single sign-on, and every session that the provider vouched for. The accounts stay, with their memberships.
   *
   * @throws ScopeMissing, OrganizationNotFound, SingleSignOnNotConfigured, PRECONDITION_FAILED
   */
  async delete(actor: Actor, organizationId: string, ifMatch?: string): Promise<void> {
    assertOwn(actor, organizationId);
    await this.database.transaction(async (transaction) => {
      const present = await this.configurations.lock(transaction, organizationId);
      if (!present) throw new SingleSignOnNotConfigured();
      assertPrecondition(ifMatch, present.id, present.revision);
      await this.configurations.delete(transaction, organizationId);
      this.forgetPrincipals(transaction, organizationId);
      const sessions = await this.endSessions(transaction, organizationId);
      await this.record(transaction, actor, 'single_sign_on.deleted', 204, { sessions });
    }, organizationId);
  }

  private change(
    actor: Actor,
    ifMatch: string | undefined,
    toFields: (present: ProviderConfiguration | undefined) => ProviderFields,
  ): Promise<ProviderConfiguration> {
    const { organizationId } = actor;
    return this.database.transaction(async (transaction) => {
      const present = await this.configurations.lock(transaction, organizationId);
      if (present || ifMatch !== undefined) {
        assertPrecondition(ifMatch, present?.id ?? organizationId, present?.revision ?? 0);
      }
      const fields = toFields(present);
      const role = await this.roles.resolve(transaction, organizationId, fields.defaultRole);
      this.assertAcceptable(actor, fields, role);
      const next = this.next(actor, present, fields, role);
      await this.configurations.save(transaction, next);
      if (next.enabled !== (present?.enabled ?? false)) this.forgetPrincipals(transaction, organizationId);
      if (present && next.id !== present.id)
        await this.configurations.deleteAttempts(transaction, organizationId);
      const keptIssuer = next.enabled ? next.issuer : undefined;
      const sessions = present ? await this.endSessions(transaction, organizationId, keptIssuer) : 0;
      const { issuer, domain, enabled } = next;
      const details = { issuer, domain, enabled, defaultRole: fields.defaultRole, sessions };
      await this.record(transaction, actor, 'single_sign_on.configured', 200, details);
      return next;
    }, organizationId);
  }

  /** @throws ConfigurationRefused, RightsTooWide */
  private assertAcceptable(actor: Actor, { issuer }: ProviderFields, role: ResolvedRole): void {
    if (!this.providers.takesIssuer(issuer)) {
      const message =
        'must be an https URL without query, fragment and user; http only at an address in CREDVAULT_OUTBOUND_ALLOW';
      throw new ConfigurationRefused('issuer', 'url', message);
    }
    if (role.role === 'owner') {
      throw new ConfigurationRefused(
        'defaultRole',
        'owner',
        'must not be owner: an owner makes owners, one by one',
      );
    }
    this.roles.assertMayAssign(actor, role);
  }

  private next(
    actor: Actor,
    present: ProviderConfiguration | undefined,
    fields: ProviderFields,
    { role, customRoleId }: ResolvedRole,
  ): ProviderConfiguration {
    const { organizationId } = actor;
    const { issuer, clientId, domain, enabled } = fields;
    const now = new Date();
    const isSameClient = present?.issuer === issuer && present.clientId === clientId;
    const isSameDomain = present?.domain === domain;
    return {
      organizationId,
      id: isSameClient ? present.id : newUuid(),
      issuer,
      clientId,
      clientSecret: this.sealed({ organizationId, issuer, clientId }, fields, present, isSameClient),
      domain,
      domainToken: isSameDomain ? present.domainToken : randomBytes(24).toString('base64url'),
      domainVerifiedAt: isSameDomain ? present.domainVerifiedAt : null,
      role,
      customRoleId,
      enabled,
      configuredBy: actor.userId,
      revision: (present?.revision ?? 0) + 1,
      createdAt: present?.createdAt ?? now,
      updatedAt: now,
    };
  }

  /**
   * What is stored of the client secret. It goes to no other issuer than the one it was given for: whoever may change the
   * configuration could otherwise have it sent to themselves.
   *
   * @throws ConfigurationRefused
   */
  private sealed(
    client: { organizationId: string; issuer: string; clientId: string },
    { clientSecret }: ProviderFields,
    present: ProviderConfiguration | undefined,
    isSameClient: boolean,
  ): Buffer | null {
    if (typeof clientSecret === 'string') return this.cipher.seal(client, SecretValue.of(clientSecret));
    if (clientSecret === null) return null;
    const kept = present?.clientSecret ?? null;
    if (isSameClient || kept === null) return kept;
    const message = 'must be given again for another issuer or client';
    throw new ConfigurationRefused('clientSecret', 'missing', message);
  }

  private async endSessions(
    transaction: Transaction,
    organizationId: string,
    exceptIssuer?: string,
  ): Promise<number> {
    const ended = await this.configurations.deleteSessions(transaction, organizationId, exceptIssuer);
    transaction.afterCommit(() => {
      for (const id of ended) this.credentials.invalidate({ kind: 'credential', id });
    });
    return ended.length;
  }

  /** Whether there is a provider decides who needs a second factor. */
  private forgetPrincipals(transaction: Transaction, id: string): void {
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'organization', id }));
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    type: string,
    status: number,
    details: Record<string, unknown>,
  ): Promise<void> {
    const resourceId = actor.organizationId;
    const entry = { type, status, resourceType: 'organization' as const, resourceId, details };
    return this.auditLog.recordChange(transaction, actor, entry);
  }
}

/** @throws ScopeMissing; OrganizationNotFound for any other organization than the actor's */
function assertOwn(actor: Actor, organizationId: string): void {
  if (!actor.scopes.has('settings:modify')) throw new ScopeMissing('settings:modify');
  assertActsIn(actor, organizationId);
}
