import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import type { Actor } from '@credvault/access/actor.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { memberIdOf, memberTypes, type MemberType } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { InsteadOf } from '@credvault/http/document/instead-of.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { OptionalBody } from '@credvault/http/optional-body.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryBoolean, Rfc3339Time } from '@credvault/http/query-values.js';
import { expiryChoices, type ExpiryChoice } from './api-key-expiry.js';
import type { ApiKeyView } from './api-keys.repository.js';

const statuses = ['active', 'paused', 'expired'] as const;
export type ApiKeyStatus = (typeof statuses)[number];

/** `*` stands for every scope that whoever asks has. */
const requestable = [...allScopes, '*'] as const;
export type RequestedScope = Scope | '*';

/** Longest text of a block of addresses: an IPv6 address with its prefix length. */
const blockLength = 49;
const mostVaults = 1_000;
const mostBlocks = 100;
/** A week, in seconds. */
const longestOverlap = 604_800;

/** The secret that a rotation has replaced. */
export class PreviousSecretDto {
  /**
   * First characters of the secret.
   * @example "cv_0J5t"
   */
  hint!: string;

  /**
   * When it ends or ended.
   * @example "2026-01-16T08:30:00.000Z"
   */
  endsAt!: Date;

  /**
   * When it was last used, to the minute; null when never. Use after its end is refused, and is in the usage history.
   * @example "2026-01-15T14:22:00.000Z"
   */
  lastUsedAt!: Date | null;
}

/** Whose rights bound a key. */
export class ApiKeyOwnerDto {
  /**
   * Id of the user or the service account.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * A person, or a service account, which outlives the people who work with it.
   * @example "service_account"
   */
  @IsIn(Object.values(memberTypes))
  type!: MemberType;

  /**
   * Name of the user or the service account.
   * @example "Deployments"
   */
  name!: string;
}

/** An API key, without its secret. */
export class ApiKeyDto {
  /**
   * Id of the key; also its user name for HTTP Basic.
   * @example "key_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the key.
   * @example "Data Pipeline"
   */
  name!: string;

  /**
   * What the key is for.
   * @example "Nightly import of the warehouse"
   */
  description!: string;

  /**
   * First characters of the present secret.
   * @example "cv_0J5t"
   */
  hint!: string;

  /**
   * Whether the key works now.
   * @example "active"
   */
  @IsIn(statuses)
  status!: ApiKeyStatus;

  /**
   * What the key may do, as far as its owner may.
   * @example ["database:write", "query:execute"]
   */
  @IsIn(allScopes, { each: true })
  scopes!: Scope[];

  /**
   * The only vaults the key may know of; null when those of the organization. To a key that is limited itself, only vaults
   * that it knows of are named.
   * @example ["vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  vaultIds!: string[] | null;

  /**
   * The only blocks of addresses the key may come from; null when any.
   * @example ["203.0.113.0/24", "2001:db8::/32"]
   */
  allowedIps!: string[] | null;

  /**
   * When the key ends; null when never.
   * @example "2027-01-15T08:30:00.000Z"
   */
  expiresAt!: Date | null;

  /**
   * When the key was last used, to the minute; null when never.
   * @example "2026-01-15T14:22:00.000Z"
   */
  lastUsedAt!: Date | null;

  /**
   * When the key was last rotated; null when never.
   * @example "2026-01-15T08:30:00.000Z"
   */
  lastRotatedAt!: Date | null;

  /**
   * When the key should be rotated: 90 days after its last rotation.
   * @example "2026-04-15T08:30:00.000Z"
   */
  rotationDueAt!: Date;

  /** The secret before the present one; null when there is none. */
  previousSecret!: PreviousSecretDto | null;

  /**
   * Id of the user or the service account whose rights bound the key.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  ownerId!: string;

  /** Whose rights bound the key. */
  owner!: ApiKeyOwnerDto;

  /**
   * Id of the user or, when a program made it, of the service account who made the key.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  createdBy!: string;

  /**
   * When the key was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the key was last changed, paused, resumed or rotated.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** An API key with its secret, as creating and rotating answer. */
export class MintedApiKeyDto extends ApiKeyDto {
  /**
   * The secret, shown this once.
   * @example "cv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  key!: string;
}

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
   * How long the key lives; never ends when neither this nor `expiresAt` is given.
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
   * The only vaults the key may know of; all of the organization when left out.
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

/** Null takes a bound away; left out, it stays as it is. */
function MayBeNull(): PropertyDecorator {
  return ValidateIf((_object: object, value: unknown) => value !== undefined && value !== null);
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
   * The only vaults the key may know of; null for all of the organization.
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

/** Which keys to list. */
export class ApiKeysQuery extends ListQuery {
  /**
   * Only keys with this status.
   * @example "active"
   */
  @IsOptional()
  @IsIn(statuses)
  status?: ApiKeyStatus;

  /**
   * Only keys of this user or service account.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  owner?: string;

  /**
   * Only keys with this scope.
   * @example "secret:read"
   */
  @IsOptional()
  @IsIn(allScopes)
  scope?: Scope;

  /**
   * Only keys that were not used since this time, nor made since (RFC 3339, with offset).
   * @example "2026-01-01T00:00:00Z"
   */
  @IsOptional()
  @Rfc3339Time()
  unusedSince?: Date;

  /**
   * Only keys whose rotation is due, or with `false` is not due yet.
   * @example true
   */
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  rotationDue?: boolean;
}

/** A key as the API shows it: to an actor who knows of some vaults alone, with those of its vaults. */
export function apiKeyDto(key: ApiKeyView, { vaultIds: known }: Pick<Actor, 'vaultIds'>): ApiKeyDto {
  const { name, description, hint, scopes, allowedIps, expiresAt, lastUsedAt, lastRotatedAt, rotationDueAt } =
    key;
  return {
    id: publicId('apiKey', key.id),
    name,
    description,
    hint,
    status: statusOf(key),
    scopes,
    vaultIds:
      key.vaultIds && key.vaultIds.filter((id) => known?.has(id) ?? true).map((id) => publicId('vault', id)),
    allowedIps,
    expiresAt,
    lastUsedAt,
    lastRotatedAt,
    rotationDueAt,
    previousSecret: previousSecretOf(key),
    ownerId: memberIdOf(key.ownerKind, key.userId),
    owner: ownerOf(key),
    createdBy: memberIdOf(key.creatorKind, key.createdBy),
    createdAt: key.createdAt,
    updatedAt: key.updatedAt,
  };
}

function ownerOf({ userId, ownerKind, ownerName }: ApiKeyView): ApiKeyOwnerDto {
  return { id: memberIdOf(ownerKind, userId), type: memberTypes[ownerKind], name: ownerName };
}

export function statusOf({ expiresAt, pausedAt }: Pick<ApiKeyView, 'expiresAt' | 'pausedAt'>): ApiKeyStatus {
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) return 'expired';
  return pausedAt === null ? 'active' : 'paused';
}

function previousSecretOf(key: ApiKeyView): PreviousSecretDto | null {
  const { previousHint, previousEndsAt, previousLastUsedAt } = key;
  if (previousHint === null || previousEndsAt === null) return null;
  return { hint: previousHint, endsAt: previousEndsAt, lastUsedAt: previousLastUsedAt };
}
