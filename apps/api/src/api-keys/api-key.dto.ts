import { IsIn } from 'class-validator';
import { knownProjects, type ProjectReach } from '@credvault/access/project-levels.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { knownVaults } from '@credvault/access/vault-levels.js';
import { memberIdOf, memberTypes, type MemberType } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { endOf } from './api-key-expiry.js';
import type { ApiKeyView } from './api-key-view.js';

/** Whether a key may be used now. */
export const apiKeyStatuses = ['active', 'paused', 'expired'] as const;
export type ApiKeyStatus = (typeof apiKeyStatuses)[number];

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
  @IsIn(apiKeyStatuses)
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
