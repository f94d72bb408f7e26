import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { RequiresAdministrator } from '@credvault/access/rules.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersPage } from '@credvault/http/document/operation.js';
import { etagOf, IfMatch } from '@credvault/http/etag.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { Page } from '@credvault/http/pagination/page.js';
import type { Plan } from '../plans/plan.entity.js';
import { PlansService } from '../plans/plans.service.js';
import { planDto, PlanDto, UpdatePlanDto } from './plan.dto.js';

@ApiTags('admin')
@Controller('admin/plans')
export class AdminPlansController {
  constructor(private readonly plans: PlansService) {}

  /**
   * List plans
   * @remarks The plans of this installation. `search` looks in the names; sortable by `position` (the smallest plan first,
   * as the list comes), `name`, `createdAt` and `updatedAt`.
   */
  @Get()
  @RequiresAdministrator('plan.listed')
  @AnswersPage(PlanDto, 'A page of plans.')
  listPlans(@CurrentActor() actor: Actor, @Query() query: ListQuery): Promise<Page<PlanDto>> {
    return this.plans.list(actor, query, planDto);
  }

  /**
   * Get a plan
   * @remarks One plan by its name.
   */
  @Get(':planName')
  @RequiresAdministrator('plan.viewed')
  @Answers(200, PlanDto, 'The plan.')
  async getPlan(@CurrentActor() actor: Actor, @Param('planName') planName: string): Promise<Answer<PlanDto>> {
    return planAnswer(await this.plans.get(actor, planName));
  }

  /**
   * Change a plan
   * @remarks Changes the limits that are sent, for every organization with this plan and no other agreement. They hold from
   * the next request on, on every process; what was used of the present minute counts.
   */
  @Patch(':planName')
  @RequiresAdministrator('plan.updated')
  @Answers(200, PlanDto, 'The plan as it is now.')
  async updatePlan(
    @CurrentActor() actor: Actor,
    @Param('planName') planName: string,
    @Body() body: UpdatePlanDto,
    @IfMatch() ifMatch?: string,
  ): Promise<Answer<PlanDto>> {
    return planAnswer(await this.plans.update(actor, planName, body, ifMatch));
  }
}

function planAnswer(plan: Plan): Answer<PlanDto> {
  return Answer.of(planDto(plan), { etag: etagOf(plan.name, plan.revision) });
}
