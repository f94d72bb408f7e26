import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsObject,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { customerOf, SentBillingDto } from './billing.dto.js';
import { customerBounds } from './customer-bounds.js';
import type { SubscriptionChange, SubscriptionView } from './subscriptions.service.js';

/** The limits that hold: what was negotiated, else what the plan says. */
export class SubscriptionLimitsDto {
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
}

/** What the organization uses. Everything but `requests` is as it is now. */
export class SubscriptionUsageDto {
  /**
   * First moment of the month, in UTC.
   * @example "2026-06-01T00:00:00.000Z"
   */
  periodStart!: Date;

  /**
   * First moment after it.
   * @example "2026-07-01T00:00:00.000Z"
   */
  periodEnd!: Date;

  /**
   * Requests of the month that came with a credential of the organization, answered or refused.
   * @example 48210
   */
  requests!: number;

  /**
   * Vaults; null to whoever neither sees all of them nor manages the subscription.
   * @example 12
   */
  vaults!: number | null;

  /**
   * Secrets in these vaults; null as above.
   * @example 340
   */
  secrets!: number | null;

  /**
   * People who belong to the organization.
   * @example 9
   */
  members!: number;

  /**
   * Service accounts.
   * @example 3
   */
  serviceAccounts!: number;

  /**
   * API keys, whoever owns them; null to whoever neither sees them nor manages the subscription.
   * @example 17
   */
  apiKeys!: number | null;
}

/** Where bills go to. */
export class BillingAddressDto {
  /**
   * Country, as two capital letters (ISO 3166-1 alpha-2).
   * @example "AT"
   */
  @Length(2, 2)
  country!: string;

  /**
   * City.
   * @example "Dornbirn"
   */
  @MaxLength(customerBounds.city)
  city!: string;

  /**
   * Street and number.
   * @example "Bahnhofstrasse 1"
   */
  @MaxLength(customerBounds.line)
  line1!: string;

  /**
   * What else the address needs; null when nothing.
   * @example "2nd floor"
   */
  @MaxLength(customerBounds.line)
  line2!: string | null;

  /**
   * Postal code.
   * @example "6850"
   */
  @MaxLength(customerBounds.postalCode)
  postalCode!: string;
}

/** The number under which whoever pays is known to a tax authority. */
export class BillingTaxDto {
  /**
   * The number.
   * @example "ATU12345678"
   */
  @MaxLength(customerBounds.taxId)
  id!: string;

  /**
   * What kind of number it is; null when nobody said.
   * @example "eu_vat"
   */
  @MaxLength(customerBounds.taxIdType)
  idType!: string | null;
}

/** Who pays for the organization. */
export class BillingDto {
  /**
   * Name of the person or company.
   * @example "Acme Incorporated"
   */
  @MaxLength(customerBounds.name)
  name!: string;

  /**
   * E-mail address for what concerns bills.
   * @example "billing@example.com"
   */
  @MaxLength(customerBounds.email)
  email!: string;

  /**
   * Telephone number.
   * @example "+43 5572 123456"
   */
  @MaxLength(customerBounds.phone)
  phone!: string;

  /** Where bills go to. */
  address!: BillingAddressDto;

  /** Tax number; null when there is none. */
  tax!: BillingTaxDto | null;
}

/** The subscription of an organization. */
export class SubscriptionDto {
  /**
   * Id of the subscription.
   * @example "sub_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the plan.
   * @example "pro"
   */
  plan!: string;

  /**
   * Name of the plan that the organization has asked for; null when it has asked for none.
   * @example "enterprise"
   */
  requestedPlan!: string | null;

  /** The limits that hold. */
  limits!: SubscriptionLimitsDto;

  /** What the organization uses. */
  usage!: SubscriptionUsageDto;

  /** Who pays; null when nobody has said, and to whoever does not manage the subscription. */
  billing!: BillingDto | null;

  /**
   * Whether whoever pays wants to hear of the subscription by mail.
   * @example true
   */
  notificationsEnabled!: boolean;

  /**
   * Since when there is the subscription: as long as the organization.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;
}

/** What to change of the subscription; what is left out stays as it is. */
export class UpdateSubscriptionDto {
  /** Who pays, all of it: it takes the place of what was there. Null takes it away. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SentBillingDto)
  billing?: SentBillingDto | null;

  /**
   * Whether whoever pays wants to hear of the subscription by mail.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  notificationsEnabled?: boolean;

  /**
   * Name of the plan that the organization would like to have; null for none. Administrators of the installation see it, and
   * only they change the plan.
   * @example "enterprise"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  requestedPlan?: string | null;
}

export function subscriptionDto(subscription: SubscriptionView): SubscriptionDto {
  const { organizationId, plan, requestedPlan, limits, usage, billing, notificationsEnabled, createdAt } =
    subscription;
  return {
    id: publicId('subscription', organizationId),
    plan,
    requestedPlan,
    limits,
    usage,
    billing,
    notificationsEnabled,
    createdAt,
  };
}

/** What somebody sent as what it changes. */
export function subscriptionChange({ billing, ...rest }: UpdateSubscriptionDto): SubscriptionChange {
  if (billing === undefined) return { ...rest };
  return { ...rest, billing: billing && customerOf(billing) };
}
