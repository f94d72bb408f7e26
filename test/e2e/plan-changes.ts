import type { OrganizationLimitsDto } from '../../apps/api/src/admin/organization-limits.dto.js';
import type { PlanDto } from '../../apps/api/src/admin/plan.dto.js';
import { expectStatus, type Person } from '../support/people.js';
import type { Wire } from '../support/wire.js';

export type PlanAnswer = Wire<PlanDto>;
export type LimitsAnswer = Wire<OrganizationLimitsDto>;

type Fields = Record<string, unknown>;

/** Where an administrator finds the plan of a person's organization. */
export function placeOf({ organizationId }: Person): string {
  return `/admin/organizations/${organizationId}`;
}

/** What an administrator of the installation sees and changes of plans and limits; every request succeeds. */
export class PlanDesk {
  constructor(private readonly administrator: Person) {}

  async plan(name: string): Promise<PlanAnswer> {
    const reply = await this.administrator.sessionClient.get(`/admin/plans/${name}`);
    return expectStatus(reply, 200).data<PlanAnswer>();
  }

  async changePlan(name: string, fields: Fields): Promise<PlanAnswer> {
    const reply = await this.administrator.sessionClient.patch(`/admin/plans/${name}`, fields);
    return expectStatus(reply, 200).data<PlanAnswer>();
  }

  async limitsOf(person: Person): Promise<LimitsAnswer> {
    const reply = await this.administrator.sessionClient.get(placeOf(person));
    return expectStatus(reply, 200).data<LimitsAnswer>();
  }

  async changeLimits(person: Person, fields: Fields): Promise<LimitsAnswer> {
    const reply = await this.administrator.sessionClient.patch(placeOf(person), fields);
    return expectStatus(reply, 200).data<LimitsAnswer>();
  }
}
