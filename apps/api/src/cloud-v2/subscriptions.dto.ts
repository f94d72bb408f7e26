import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import type { SubscriptionFacts } from '../subscriptions/subscriptions.service.js';
import { CloudDatesDto } from './dates.dto.js';

const states = ['active', 'requested'] as const;

/** The subscription of an organization; there is always exactly one. */
export class CloudSubscriptionDto {
  /**
   * Id of the subscription.
   * @example "sub_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * What the subscription is called.
   * @example "CredVault pro"
   */
  @MaxLength(100)
  name!: string;

  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * Name of the plan.
   * @example "pro"
   */
  plan!: string;

  /**
   * Who provides it: this installation.
   * @example "credvault"
   */
  @MaxLength(64)
  provider!: string;

  /**
   * `requested` while another plan is asked for and not decided on.
   * @example "active"
   */
  @IsIn(states)
  state!: (typeof states)[number];

  /**
   * Whether the organization can be used: always.
   * @example true
   */
  active!: boolean;

  /** When it was made and last changed. */
  dc!: CloudDatesDto;
}

/** A subscription that is asked for. */
export class CloudCreateSubscriptionDto {
  /**
   * Kind of the subscription: a contract with whoever runs this installation.
   * @example "contract"
   */
  @IsIn(['contract'])
  type!: 'contract';

  /**
   * Id of the organization, the one the credential acts in.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsString()
  @Length(1, 64)
  organization_id!: string;
}

/** Which subscriptions to list. */
export class CloudSubscriptionsQuery {
  /**
   * Id of the organization, the one the credential acts in.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  organization_id?: string;
}

/** A limit of an organization. */
export class CloudQuotaDto {
  /**
   * What is limited.
   * @example "api_key_requests_per_minute"
   */
  @MaxLength(64)
  name!: string;

  /**
   * The limit; null when there is none.
   * @example 2000
   */
  limit!: number | null;
}

export function subscriptionDto({
  organizationId,
  plan,
  requestedPlan,
  createdAt,
}: SubscriptionFacts): CloudSubscriptionDto {
  return {
    id: publicId('subscription', organizationId),
    name: `CredVault ${plan}`,
    organization_id: publicId('organization', organizationId),
    plan,
    provider: 'credvault',
    state: requestedPlan === null ? 'active' : 'requested',
    active: true,
    dc: { created: createdAt, modified: createdAt },
  };
}

export function quotaDtos({ limits }: SubscriptionFacts): CloudQuotaDto[] {
  return [
    { name: 'api_key_requests_per_minute', limit: limits.apiKeyRequestsPerMinute },
    { name: 'personal_token_requests_per_minute', limit: limits.tokenRequestsPerMinute },
  ];
}
