import { Injectable } from '@nestjs/common';
import { AdministratorRequired, ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationLimitsService } from '../organizations/organization-limits.service.js';
import { OwnOrganizationsService } from '../organizations/own-organizations.service.js';
import { ProjectsService } from '../projects/projects.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import {
  CloudOrganizationsRepository,
  type CloudOrganizationFacts,
} from './cloud-organizations.repository.js';
import { CloudRoles } from './cloud-roles.js';
import { datesDto } from './dates.dto.js';
import type {
  CloudCreateOrganizationDto,
  CloudOrganizationDto,
  CloudUpdateOrganizationDto,
} from './organizations.dto.js';
import { defaultPlanType, planOfType, typeOfPlan, type PlanType } from './plan-types.js';
import { wholeList } from './whole-list.js';

/** As the organizations tell of one. */
type OwnOrganization = Awaited<ReturnType<OwnOrganizationsService['get']>>;

type Change = Pick<CloudUpdateOrganizationDto, 'email' | 'plan_type' | 'notifications_enabled'>;

/** Organizations with what only this API says of them. */
@Injectable()
export class CloudOrganizationsService {
  constructor(
    private readonly own: OwnOrganizationsService,
    private readonly limits: OrganizationLimitsService,
    private readonly subscriptions: SubscriptionsService,
    private readonly projects: ProjectsService,
    private readonly facts: CloudOrganizationsRepository,
    private readonly roles: CloudRoles,
  ) {}

  /** @throws ScopeMissing for an API key that may not read its organization */
  async list(actor: Actor): Promise<CloudOrganizationDto[]> {
    return this.toDtos(actor, await wholeList((query) => this.own.list(actor, query, (found) => found)));
  }

  /** @throws OrganizationNotFound; ScopeMissing for an API key that may not read its organization */
  async get(actor: Actor, id: string): Promise<CloudOrganizationDto> {
    return this.toDto(actor, await this.own.get(actor, id));
  }

  /** @throws AdministratorRequired for another plan than the default one; TooManyOrganizations */
  async create(
    actor: Actor,
    { name, ...change }: CloudCreateOrganizationDto,
    retry?: RetryKey,
  ): Promise<Outcome<CloudOrganizationDto>> {
    if (change.plan_type !== defaultPlanType) assertMaySetPlan(actor);
    const also = {
      fields: Object.keys(change),
      make: (transaction: Transaction, id: string) => this.change(transaction, actor, id, 'free', change),
    };
    const { answer, headers } = await this.own.create(actor, name, retry, also);
    return { answer: await this.get(actor, answer.id), headers };
  }

  /**
   * Changes the organization that the actor acts in.
   *
   * @throws ScopeMissing, also without `billing:manage` for other `notifications_enabled`; OrganizationNotFound;
   *   AdministratorRequired for another `plan_type` than it has
   */
  async update(
    actor: Actor,
    id: string,
    { name, ...change }: CloudUpdateOrganizationDto,
  ): Promise<CloudOrganizationDto> {
    const present = await this.own.get(actor, id);
    const shown = await this.toDto(actor, present);
    if (change.plan_type !== undefined && change.plan_type !== shown.plan_type) assertMaySetPlan(actor);
    const { notifications_enabled: wanted = shown.notifications_enabled } = change;
    if (wanted !== shown.notifications_enabled) assertManagesSubscription(actor);
    const fields = name === undefined ? {} : { name };
    const also = {
      fields: Object.keys(change),
      make: (transaction: Transaction) => this.change(transaction, actor, id, present.plan, change),
    };
    await this.own.update(actor, id, fields, undefined, also);
    return this.get(actor, id);
  }

  /** @param plan the plan it has */
  private async change(
    transaction: Transaction,
    actor: Actor,
    id: string,
    plan: string,
    { email, plan_type: planType, notifications_enabled: notificationsEnabled }: Change,
  ): Promise<void> {
    await this.facts.save(transaction, id, { email, planType });
    if (notificationsEnabled !== undefined) {
      await this.subscriptions.setNotified(transaction, id, notificationsEnabled);
    }
    const wanted = planType === undefined ? plan : planOfType[planType as PlanType];
    if (wanted !== plan) await this.limits.change(transaction, actor, id, { plan: wanted });
  }

  private async toDto(actor: Actor, organization: OwnOrganization): Promise<CloudOrganizationDto> {
    const [dto] = await this.toDtos(actor, [organization]);
    if (!dto) throw new Error('An organization was lost while it was shown.');
    return dto;
  }

  private async toDtos(actor: Actor, organizations: OwnOrganization[]): Promise<CloudOrganizationDto[]> {
    const withRoles = await this.roles.inEach(organizations);
    const open = withRoles.filter(({ organization }) => organization.isOpen);
    const ids = open.map(({ organization }) => organization.id);
    const showing = open.filter(({ showsProjects }) => showsProjects);
    const [facts, notified, counts] = await Promise.all([
      this.facts.findAll(ids),
      this.subscriptions.findNotified(ids),
      this.countProjects(
        actor,
        showing.map(({ organization }) => organization.id),
      ),
    ]);
    return withRoles.map(({ organization, role }) => {
      const { id } = organization;
      const said = { ...facts.get(id), notificationsEnabled: notified.get(id) };
      return organizationDto(organization, said, role, counts.get(id) ?? 0);
    });
  }

  /** Projects that the person may see in each: where they act, with what their credential may; elsewhere as members. */
  private async countProjects(actor: Actor, organizationIds: string[]): Promise<Map<string, number>> {
    const { organizationId: here } = actor;
    const elsewhere = organizationIds.filter((id) => id !== here);
    const counts = await this.projects.countIn(elsewhere, actor.userId);
    const isSeen = organizationIds.includes(here) && actor.scopes.has('project:read');
    return isSeen ? counts.set(here, await this.projects.count(actor)) : counts;
  }
}

function organizationDto(
  organization: OwnOrganization,
  said: Partial<CloudOrganizationFacts> & { notificationsEnabled?: boolean },
  role: CloudOrganizationDto['role_fqn'],
  projectCount: number,
): CloudOrganizationDto {
  const { id, name, plan } = organization;
  return {
    id: publicId('organization', id),
    name,
    email: said.email ?? null,
    plan_type: typeOfPlan(plan, said.planType ?? null),
    notifications_enabled: said.notificationsEnabled ?? true,
    project_count: projectCount,
    role_fqn: role,
    dc: datesDto(organization),
  };
}

/** @throws AdministratorRequired */
function assertMaySetPlan(actor: Actor): void {
  if (actor.isSuperuser && actor.credentialType !== 'api_key') return;
  actor.origin.remark = 'administrator required';
  throw new AdministratorRequired();
}

/** Whether the organization wants mail is a matter of its subscription, here as in `/api/v1`. @throws ScopeMissing */
function assertManagesSubscription({ scopes }: Actor): void {
  if (!scopes.has('billing:manage')) throw new ScopeMissing('billing:manage');
}
