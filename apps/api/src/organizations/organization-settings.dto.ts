import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MayBeNull } from '@credvault/http/may-be-null.js';
import { settingsOf } from './organization-settings.js';
import type { LeakedTokenResponse, Organization } from './organization.entity.js';

const leakedTokenResponses = ['report', 'pause'] as const;
/** The absolute lifetime of every session: 90 days. */
const mostSessionHours = 2160;
const mostLifetimeDays = 3650;
const mostRecoveryDays = 90;
const mostBlocks = 100;
/** Longest text of a block of addresses: an IPv6 address with its prefix length. */
const blockLength = 49;

/** What an organization decides about itself. */
export class OrganizationSettingsDto {
  /**
   * What happens to a valid token of the organization that somebody found and posted to `/leaked-tokens`: `report` tells
   * its owner, `pause` also stops it.
   * @example "report"
   */
  @IsIn(leakedTokenResponses)
  leakedTokens!: LeakedTokenResponse;

  /**
   * Hours after which whoever signed in has to sign in again; null: 90 days.
   * @example 12
   */
  sessionLifetimeHours!: number | null;

  /**
   * Whether people need a second factor to act in the organization, by session or personal token.
   * @example false
   */
  requireMfa!: boolean;

  /**
   * The only blocks of addresses that credentials of the organization may come from; null when any.
   * @example ["203.0.113.0/24", "2001:db8::/32"]
   */
  allowedIps!: string[] | null;

  /**
   * Days after which a personal token ends, however long it was made for; null when only its own end counts.
   * @example 90
   */
  maxTokenLifetimeDays!: number | null;

  /**
   * Days after which an API key ends unless it is rotated, however long it was made for; null when only its own end counts.
   * @example 365
   */
  maxKeyLifetimeDays!: number | null;

  /**
   * Days for which deleted vaults and secrets can be restored; 0 when deletion is permanent.
   * @example 0
   */
  recoveryWindowDays!: number;
}

/** What to change of the settings; what is left out stays as it is. */
export class UpdateOrganizationSettingsDto {
  /**
   * What shall happen to a valid token of the organization that somebody found: `report` tells its owner, `pause` also
   * stops it.
   * @example "pause"
   */
  @MayBeAbsent()
  @IsIn(leakedTokenResponses)
  leakedTokens?: LeakedTokenResponse;

  /**
   * Hours after which whoever signed in has to sign in again; null for 90 days. Sessions that are older end at once.
   * @example 12
   */
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(mostSessionHours)
  sessionLifetimeHours?: number | null;

  /**
   * Whether people need a second factor to act in the organization. Only somebody who has one can ask for it.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  requireMfa?: boolean;

  /**
   * The only addresses that credentials of the organization may come from, as blocks in CIDR notation or single addresses,
   * IPv4 and IPv6; null for any. Your own address must lie in one of them.
   * @example ["203.0.113.0/24", "2001:db8::/32"]
   */
  @MayBeNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostBlocks)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, blockLength, { each: true })
  allowedIps?: string[] | null;

  /**
   * Days after which a personal token ends, however long it was made for; null for no such bound. Tokens that are older end at
   * once.
   * @example 90
   */
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(mostLifetimeDays)
  maxTokenLifetimeDays?: number | null;

  /**
   * Days after which an API key ends that was neither made nor rotated since, however long it was made for; null for no such
   * bound. Keys that are older end at once.
   * @example 365
   */
  @MayBeNull()
  @IsInt()
  @Min(1)
  @Max(mostLifetimeDays)
  maxKeyLifetimeDays?: number | null;

  /**
   * Days for which deleted vaults and secrets can be restored; 0 for none.
   * @example 30
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(mostRecoveryDays)
  recoveryWindowDays?: number;
}

export function organizationSettingsDto(organization: Organization): OrganizationSettingsDto {
  return settingsOf(organization);
}
