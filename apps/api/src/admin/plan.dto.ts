import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Plan } from '../plans/plan.entity.js';

/** Highest limit that is one: more a minute than this service answers on any machine. */
export const maxRequestsPerMinute = 10_000_000;

/** A plan: how many requests a minute the organizations that have it may make. */
export class PlanDto {
  /**
   * Name of the plan, which organizations are given it by.
   * @example "pro"
   */
  name!: string;

  /**
   * Requests a minute of one API key; null when unlimited.
   * @example 2000
   */
  apiKeyRequestsPerMinute!: number | null;

  /**
   * Requests a minute of all personal tokens of one user together; null when unlimited.
   * @example 300
   */
  tokenRequestsPerMinute!: number | null;

  /**
   * When the plan was made.
   * @example "2026-01-01T00:00:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the plan was last changed.
   * @example "2026-06-10T14:22:00.000Z"
   */
  updatedAt!: Date;
}

/** What to change of a plan; what is left out stays as it is. */
export class UpdatePlanDto {
  /**
   * Requests a minute of one API key; null for unlimited.
   * @example 3000
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxRequestsPerMinute)
  apiKeyRequestsPerMinute?: number | null;

  /**
   * Requests a minute of all personal tokens of one user together; null for unlimited.
   * @example 600
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxRequestsPerMinute)
  tokenRequestsPerMinute?: number | null;
}

export function planDto(plan: Plan): PlanDto {
  const { name, apiKeyRequestsPerMinute, tokenRequestsPerMinute, createdAt, updatedAt } = plan;
  return { name, apiKeyRequestsPerMinute, tokenRequestsPerMinute, createdAt, updatedAt };
}
