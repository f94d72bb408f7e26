import { Injectable } from '@nestjs/common';
import { AdministratorRequired } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { OrganizationLimitsService } from '../organizations/organization-limits.service.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { OwnOrganizationsService } from '../organizations/own-organizations.service.js';
import { ProjectsService } from '../projects/projects.service.js';
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
    private readonly memberships: OrganizationsService,
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
   * @throws ScopeMissing, OrganizationNotFound; AdministratorRequired for another `plan_type` than it has
   */
  async update(
    actor: Actor,
    id: string,
    { name, ...change }: CloudUpdateOrganizationDto,
  ): Promise<CloudOrganizationDto> {
    const present = await this.own.get(actor, id);
    const { plan_type: presentType } = await this.toDto(actor, present);
    if (change.plan_type !== undefined && change.plan_type !== presentType) assertMaySetPlan(actor);
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
    await this.facts.save(transaction, id, { email, planType, notificationsEnabled });
    const wanted = planType === undefined ? plan : planOfType[planType as PlanType];
    if (wanted !== plan) await this.limits.change(transaction, actor, id, { plan: wanted });
  }

  private async toDto(actor: Actor, organization: OwnOrganization): Promise<CloudOrganizationDto> {
    const [dto] = await this.toDtos(actor, [organization]);
    if (!dto) throw new Error('An organization was lost while it was shown.');
    return dto;
  }

  private async toDtos(actor: Actor, organizations: OwnOrganization[]): Promise<CloudOrganizationDto[]> {
    const facts = await this.facts.findAll(organizations.map(({ id }) => id));
    return Promise.all(
      organizations.map(async (organization) =>
        organizationDto(
          organization,
          facts.get(organization.id),
          await this.roles.nearest(organization.id, organization),
          await this.countProjects(actor, organization.id),
        ),
      ),
    );
  }

  /** Projects that the person may see there, with what they are allowed there. */
  private async countProjects(actor: Actor, organizationId: string): Promise<number> {
    const there = await this.actorIn(actor, organizationId);
    if (!there.scopes.has('project:read')) return 0;
    return (await this.projects.list(there, { limit: 1 }, ({ id }) => id)).total;
  }

  private async actorIn(actor: Actor, organizationId: string): Promise<Actor> {
    if (organizationId === actor.organizationId) return actor;
    const rights = await this.memberships.rightsOf(undefined, organizationId, actor.userId);
    return { ...actor, organizationId, scopes: new Set(), grants: new Map(), projects: new Map(), ...rights };
  }
}

function organizationDto(
  organization: OwnOrganization,
  facts: CloudOrganizationFacts | undefined,
  role: CloudOrganizationDto['role_fqn'],
  projectCount: number,
): CloudOrganizationDto {
  const { id, name, plan } = organization;
  return {
    id: publicId('organization', id),
    name,
    email: facts?.email ?? null,
    plan_type: typeOfPlan(plan, facts?.planType ?? null),
    notifications_enabled: facts?.notificationsEnabled ?? true,
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
