import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { InsteadOf } from '@credvault/http/document/instead-of.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MayBeNull } from '@credvault/http/may-be-null.js';
import { OptionalBody } from '@credvault/http/optional-body.js';
import { Rfc3339Time } from '@credvault/http/query-values.js';

import { environmentName, longestEnvironmentName } from '../projects/environment-name.js';
import { expiryChoices, type ExpiryChoice } from './api-key-expiry.js';

/** `*` stands for every scope that whoever asks has. */
const requestable = [...allScopes, '*'] as const;
export type RequestedScope = Scope | '*';

/** Longest text of a block of addresses: an IPv6 address with its prefix length. */
const blockLength = 49;
const mostVaults = 1_000;
const mostProjects = 100;
const mostEnvironments = 50;
const mostBlocks = 100;
/** A week, in seconds. */
const longestOverlap = 604_800;

/** An API key to be made. */
export class CreateApiKeyDto {
  /**
   * Name of the key, such as the program that uses it.
   * @example "Data Pipeline"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What the key is for.
   * @example "Nightly import of the warehouse"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * Id of the service account that shall own the key; you, when it is left out. The key of a service account outlives the
   * people who work with it.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  ownerId?: string;

  /**
   * What the key may do, at most what you may; `*` means all that you, and the service account it is for, may now.
   * `GET /scopes` lists them.
   * @example ["database:write", "query:execute"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(requestable.length)
  @ArrayUnique()
  @IsIn(requestable, { each: true })
  scopes!: RequestedScope[];

  /**
   * How long the key lives; when neither this nor `expiresAt` is given for ever, or as long as the organization lets a key
   * live (`maxKeyLifetimeDays`).
   * @example "90d"
   */
  @MayBeAbsent()
  @IsIn(expiryChoices)
  expiresIn?: ExpiryChoice;

  /**
   * When the key ends (RFC 3339, with offset), in the future; instead of `expiresIn`.
   * @example "2027-01-15T08:30:00Z"
   */
  @InsteadOf('expiresIn')
  @MayBeAbsent()
  @Rfc3339Time()
  expiresAt?: Date;

  /**
   * The only vaults the key may know of, beside those of `projectIds`; all of the organization when both are left out.
   * @example ["vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostVaults)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  vaultIds?: string[];

  /**
   * The projects whose vaults the key may know of, also those that come into them later.
   * @example ["prj_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostProjects)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  projectIds?: string[];

  /**
   * The only environments of these projects whose vaults count; all vaults of the projects when left out. Takes `projectIds`.
   * @example ["staging"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostEnvironments)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, longestEnvironmentName, { each: true })
  @Matches(environmentName, { each: true })
  environments?: string[];

  /**
   * The only addresses the key may come from, as blocks in CIDR notation or single addresses, IPv4 and IPv6; any when left
   * out.
   * @example ["203.0.113.0/24", "2001:db8::/32"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostBlocks)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, blockLength, { each: true })
  allowedIps?: string[];
}

/** What to change of an API key; what is left out stays as it is. */
export class UpdateApiKeyDto {
  /**
   * Name of the key.
   * @example "Data Pipeline (EU)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What the key is for.
   * @example "Nightly import of the warehouse"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * What the key may do from now on; `*` means all that both you and its owner may now.
   * @example ["database:write"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(requestable.length)
  @ArrayUnique()
  @IsIn(requestable, { each: true })
  scopes?: RequestedScope[];

  /**
   * The only vaults the key may know of, beside those of its projects; null for none but these, or, when `projectIds` is null
   * too, for all of the organization.
   * @example ["vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  @MayBeNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostVaults)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  vaultIds?: string[] | null;

  /**
   * The projects whose vaults the key may know of, also those that come into them later; null for none, which
   * takes `environments` away as well.
   * @example ["prj_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  @MayBeNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostProjects)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  projectIds?: string[] | null;

  /**
   * The only environments of these projects whose vaults count; null for all vaults of the projects.
   * @example ["staging"]
   */
  @MayBeNull()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(mostEnvironments)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, longestEnvironmentName, { each: true })
  @Matches(environmentName, { each: true })
  environments?: string[] | null;

  /**
   * The only addresses the key may come from; null for any.
   * @example ["203.0.113.0/24"]
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
   * When the key ends (RFC 3339, with offset), in the future; null for never.
   * @example "2027-01-15T08:30:00Z"
   */
  @MayBeNull()
  @Rfc3339Time()
  expiresAt?: Date | null;
}

/** How to rotate an API key. */
@OptionalBody()
export class RotateApiKeyDto {
  /**
   * Seconds for which the old secret works beside the new one, at most a week; it stops at once when left out.
   * @example 3600
   */
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(longestOverlap)
  overlapSeconds?: number;

  /**
   * How long the key lives from now on; as before when neither this nor `expiresAt` is given. An expired key needs one.
   * @example "90d"
   */
  @MayBeAbsent()
  @IsIn(expiryChoices)
  expiresIn?: ExpiryChoice;

  /**
   * When the key ends (RFC 3339, with offset), in the future; instead of `expiresIn`.
   * @example "2027-01-15T08:30:00Z"
   */
  @InsteadOf('expiresIn')
  @MayBeAbsent()
  @Rfc3339Time()
  expiresAt?: Date;
}
