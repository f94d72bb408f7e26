import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow, serviceRow } from '@credvault/audit-log/audit-record.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { DomainProof } from './domain-proof.js';
import { challengeName, challengeValue, type ProviderConfiguration } from './provider-configuration.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { ProviderConfigurationsService } from './provider-configurations.service.js';
import {
  ConfigurationRefused,
  DomainNotProven,
  DomainTaken,
  SingleSignOnNotConfigured,
} from './single-sign-on.errors.js';
import { SingleSignOnLimits } from './single-sign-on-limits.js';

/** Whether the domain showed the token of somebody's proof, when it was looked at. */
type Shows = (domainToken: string) => boolean;

/**
 * Whose a domain is: its name servers say so, each time anybody asks. A domain that is sold shows the proof of somebody else, who
 * then gets it from the organization that had it.
 */
@Injectable()
export class ProvenDomainsService {
  constructor(
    private readonly configurations: ProviderConfigurationsService,
    private readonly rows: ProviderConfigurationsRepository,
    private readonly proof: DomainProof,
    private readonly limits: SingleSignOnLimits,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * Looks whether the domain shows the token. From then on it counts for this organization, and for no other one: not for one that
   * proved it before either, unless the domain still shows the token of that one too. Where its name servers say that it does not
   * show the token any more, it counts for this organization no longer.
   *
   * @param named the domain that the client means, so that none is proven which it has not seen
   * @throws ScopeMissing, OrganizationNotFound, SingleSignOnNotConfigured, ConfigurationRefused, DomainNotProven, DomainTaken,
   *   ProviderBusy
   */
  async verify(
    actor: Actor,
    organizationId: string,
    named: string,
    retry?: RetryKey,
  ): Promise<Outcome<ProviderConfiguration>> {
    const { domain, domainToken } = await this.configurations.get(actor, organizationId);
    const isNamed = named === domain;
    // A name server may be slow: no transaction waits for it.
    const texts = isNamed ? await this.limits.lookUp(organizationId, () => this.proof.textsOf(domain)) : [];
    const shows: Shows = (token) => texts?.includes(challengeValue(token)) ?? false;
    if (isNamed && texts && !shows(domainToken)) await this.lose(actor, domainToken);
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const { present, holder } = await this.rows.lockDomain(transaction, organizationId, domain);
        if (!present) throw new SingleSignOnNotConfigured();
        if (!isNamed) {
          throw new ConfigurationRefused('domain', 'another', 'is not the domain of the single sign-on');
        }
        if (!shows(domainToken) || present.domainToken !== domainToken) {
          throw new DomainNotProven(challengeName(domain));
        }
        if (holder) await this.takeFrom(transaction, holder, shows);
        const answer = await this.prove(transaction, actor, present);
        return { answer, status: 200, resourceId: organizationId };
      },
      replay: () => this.configurations.get(actor, organizationId),
    });
  }

  private async prove(
    transaction: Transaction,
    actor: Actor,
    present: ProviderConfiguration,
  ): Promise<ProviderConfiguration> {
    const proven = changed(present, new Date());
    await this.rows.save(transaction, proven);
    await this.auditLog.recordChange(transaction, actor, {
      type: 'single_sign_on.domain_verified',
      status: 200,
      resourceType: 'organization',
      resourceId: actor.organizationId,
      details: { domain: present.domain },
    });
    return proven;
  }

  /** Takes a domain from whoever proved it before, in whose trail nobody is named. @throws DomainTaken while it shows their token */
  private async takeFrom(
    transaction: Transaction,
    holder: ProviderConfiguration,
    shows: Shows,
  ): Promise<void> {
    if (shows(holder.domainToken)) throw new DomainTaken();
    await this.rows.save(transaction, changed(holder, null));
    await this.auditLog.appendRow(transaction, serviceRow(holder.organizationId, lost(holder)));
  }

  /** The proof of the actor's organization is gone, as the name servers say; the request goes on, and is refused. */
  private async lose(actor: Actor, domainToken: string): Promise<void> {
    const { organizationId } = actor;
    await this.database.transaction(async (transaction) => {
      const present = await this.rows.lock(transaction, organizationId);
      if (present?.domainToken !== domainToken || present.domainVerifiedAt === null) return;
      await this.rows.save(transaction, changed(present, null));
      const entry = { ...lost(present), status: 409, secondary: true as const };
      await this.auditLog.appendRow(transaction, auditRow(actor, entry));
    }, organizationId);
  }
}

function changed(present: ProviderConfiguration, domainVerifiedAt: Date | null): ProviderConfiguration {
  return { ...present, domainVerifiedAt, revision: present.revision + 1, updatedAt: new Date() };
}

function lost({ organizationId, domain }: ProviderConfiguration): {
  type: string;
  resourceType: 'organization';
  resourceId: string;
  details: { domain: string };
} {
  const what = { resourceType: 'organization' as const, resourceId: organizationId };
  return { type: 'single_sign_on.domain_lost', ...what, details: { domain } };
}
