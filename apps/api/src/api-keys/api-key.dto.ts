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
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { knownProjects, type ProjectReach } from '@credvault/access/project-levels.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { memberIdOf, memberTypes, type MemberType } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { InsteadOf } from '@credvault/http/document/instead-of.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MayBeNull } from '@credvault/http/may-be-null.js';
import { OptionalBody } from '@credvault/http/optional-body.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryBoolean, Rfc3339Time } from '@credvault/http/query-values.js';
import { environmentName, longestEnvironmentName } from '../projects/environment-name.js';
import { endOf, expiryChoices, type ExpiryChoice } from './api-key-expiry.js';
import type { ApiKeyView } from './api-key-view.js';

const statuses = ['active', 'paused', 'expired'] as const;
export type ApiKeyStatus = (typeof statuses)[number];

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
   * The only vaults the key may know of, beside those of its projects and what is granted to it; null when it is limited to
   * none, and when `projectIds` is null too, it may know of those of the organization. Only vaults that you know of are named.
   * @example ["vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  vaultIds!: string[] | null;

  /**
   * The projects whose vaults the key may know of, also those that come into them later; null when it is limited to none.
   * Only projects that you know of are named.
   * @example ["prj_01jd3k5m7n8p9q0r1s2t3v4w5x"]
   */
  projectIds!: string[] | null;

  /**
   * The only environments of these projects whose vaults count; null when all vaults of the projects do. None are named
   * when you know of none of the projects.
   * @example ["staging"]
   */
  environments!: string[] | null;

  /**
   * The only blocks of addresses the key may come from; null when any.
   * @example ["203.0.113.0/24", "2001:db8::/32"]
   */
  allowedIps!: string[] | null;

  /**
   * When the key ends; null when never. The longest lifetime that the organization sets (`maxKeyLifetimeDays`) counts too.
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

/** A key as the API shows it: to an actor who knows of some vaults and projects alone, with those of them that it names. */
export function apiKeyDto(key: ApiKeyView, viewer: ProjectReach): ApiKeyDto {
  const projectIds = shownIds('project', key.projectIds, knownProjects(viewer));
  const { name, description, hint, scopes, allowedIps, lastUsedAt, lastRotatedAt, rotationDueAt } = key;
  return {
    id: publicId('apiKey', key.id),
    name,
    description,
    hint,
    status: statusOf(key),
    scopes,
    vaultIds: shownIds('vault', key.vaultIds, knownVaults(viewer)),
    projectIds,
    environments: key.environments && projectIds?.length === 0 ? [] : key.environments,
    allowedIps,
    expiresAt: endOf(key),
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

/** @param known what the viewer knows of; undefined: everything */
function shownIds(
  kind: 'vault' | 'project',
  ids: readonly string[] | null,
  known: ReadonlySet<string> | undefined,
): string[] | null {
  return ids && ids.filter((id) => known?.has(id) ?? true).map((id) => publicId(kind, id));
}

function ownerOf({ userId, ownerKind, ownerName }: ApiKeyView): ApiKeyOwnerDto {
  return { id: memberIdOf(ownerKind, userId), type: memberTypes[ownerKind], name: ownerName };
}

export function statusOf(key: ApiKeyView): ApiKeyStatus {
  const end = endOf(key);
  if (end !== null && end.getTime() <= Date.now()) return 'expired';
  return key.pausedAt === null ? 'active' : 'paused';
}

function previousSecretOf(key: ApiKeyView): PreviousSecretDto | null {
  const { previousHint, previousEndsAt, previousLastUsedAt } = key;
  if (previousHint === null || previousEndsAt === null) return null;
  return { hint: previousHint, endsAt: previousEndsAt, lastUsedAt: previousLastUsedAt };
}
