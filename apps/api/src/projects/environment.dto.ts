import { IsString, Length, Matches, MaxLength } from 'class-validator';
import type { Actor } from '@credvault/access/actor.js';
import { reachInto } from '@credvault/access/vault-levels.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { environmentName, longestEnvironmentName } from './environment-name.js';
import type { EnvironmentView } from './environments.repository.js';

/** An environment of a project, such as `production`. */
export class EnvironmentDto {
  /**
   * Name of the environment, unique in its project.
   * @example "production"
   */
  name!: string;

  /**
   * What the environment is for.
   * @example "What customers use"
   */
  description!: string;

  /**
   * Id of the vault of the environment; null when there is none that you may see.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  vaultId!: string | null;

  /**
   * When the environment was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the environment itself was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** An environment to be made. */
export class CreateEnvironmentDto {
  /**
   * Name of the environment: lower-case letters, digits and hyphens.
   * @example "preview"
   */
  @IsString()
  @Length(1, longestEnvironmentName)
  @Matches(environmentName)
  name!: string;

  /**
   * What the environment is for.
   * @example "What testers see before customers do"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;
}

/** What to change of an environment; what is left out stays as it is. */
export class UpdateEnvironmentDto {
  /**
   * Name of the environment from now on. Its vault stays; API keys that are bound to the old name do not follow.
   * @example "acceptance"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, longestEnvironmentName)
  @Matches(environmentName)
  name?: string;

  /**
   * What the environment is for.
   * @example "Where releases are accepted"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;
}

/** An environment as the API shows it, with its vault to who may know of that. */
export function environmentDto(environment: EnvironmentView, viewer: Actor): EnvironmentDto {
  const { name, description, vaultId, createdAt, updatedAt } = environment;
  const isKnown =
    vaultId !== null && viewer.scopes.has('vault:read') && reachInto(viewer, vaultId) !== undefined;
  return { name, description, vaultId: isKnown ? publicId('vault', vaultId) : null, createdAt, updatedAt };
}
