import { IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { OrganizationLimits } from '../organizations/organization-limits.js';
import { maxRequestsPerMinute } from './plan.dto.js';

/** The limits that hold: what was negotiated, else what the plan says. */
export class EffectiveLimitsDto {
  /**
   * Requests a minute of one API key; null when unlimited.
   * @example 5000
   */
  apiKeyRequestsPerMinute!: number | null;

  /**
   * Requests a minute of all personal tokens of one user together; null when unlimited.
   * @example 300
   */
  tokenRequestsPerMinute!: number | null;
}

/** An organization with its plan and limits, and nothing else of what it has. */
export class OrganizationLimitsDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the organization.
   * @example "Acme"
   */
  name!: string;

  /**
   * Name of its plan.
   * @example "pro"
   */
  plan!: string;

  /**
   * Name of the plan that the organization has asked for; null when it has asked for none. Giving it any plan answers it.
   * @example "enterprise"
   */
  requestedPlan!: string | null;

  /**
   * What was negotiated for one API key, instead of the limit of the plan; null when nothing was.
   * @example 5000
   */
  apiKeyRequestsPerMinute!: number | null;

  /**
   * What was negotiated for the personal tokens of one user, instead of the limit of the plan; null when nothing was.
   * @example 300
   */
  tokenRequestsPerMinute!: number | null;

  /** The limits that hold. */
  effectiveLimits!: EffectiveLimitsDto;

  /**
   * When the organization was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the organization itself was last changed.
   * @example "2026-06-10T14:22:00.000Z"
   */
  updatedAt!: Date;
}

/** What to change of an organization's plan and limits; what is left out stays as it is. */
export class UpdateOrganizationLimitsDto {
  /**
   * Name of a plan.
   * @example "enterprise"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  plan?: string;

  /**
   * Requests a minute negotiated for one API key, instead of the limit of the plan; null for none.
   * @example 5000
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxRequestsPerMinute)
  apiKeyRequestsPerMinute?: number | null;

  /**
   * Requests a minute negotiated for the personal tokens of one user, instead of the limit of the plan; null for none.
   * @example 1200
   */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(maxRequestsPerMinute)
  tokenRequestsPerMinute?: number | null;
}

/** Which organizations to list. */
export class OrganizationLimitsQuery extends ListQuery {
  /**
   * Only organizations with this plan.
   * @example "enterprise"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  plan?: string;
}

export function organizationLimitsDto(limits: OrganizationLimits): OrganizationLimitsDto {
  const { id, name, plan, requestedPlan, createdAt, updatedAt } = limits;
  return {
    id: publicId('organization', id),
    name,
    plan,
    requestedPlan,
    apiKeyRequestsPerMinute: limits.apiKeyRequestsPerMinute,
    tokenRequestsPerMinute: limits.tokenRequestsPerMinute,
    effectiveLimits: {
      apiKeyRequestsPerMinute: limits.effectiveApiKeyRequestsPerMinute,
      tokenRequestsPerMinute: limits.effectiveTokenRequestsPerMinute,
    },
    createdAt,
    updatedAt,
  };
}
