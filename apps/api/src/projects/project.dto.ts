import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsString,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { environmentName, longestEnvironmentName } from './environment-name.js';
import type { ProjectView } from './projects.repository.js';

/** Environments that a project may be made with. */
const mostEnvironments = 20;

/** A project: vaults that belong together, and are granted together. */
export class ProjectDto {
  /**
   * Id of the project.
   * @example "prj_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the project.
   * @example "Web shop"
   */
  name!: string;

  /**
   * What the project is for.
   * @example "The shop and what it needs"
   */
  description!: string;

  /**
   * How many vaults of the project you may see.
   * @example 3
   */
  vaultCount!: number;

  /**
   * When the project was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the project itself was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A project to be made. */
export class CreateProjectDto {
  /**
   * Name of the project; it need not be unique.
   * @example "Web shop"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What the project is for.
   * @example "The shop and what it needs"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * Names of its environments: lower-case letters, digits and hyphens; `development`, `staging` and `production` when left out.
   * @example ["staging", "production"]
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
}

/** What to change of a project; what is left out stays as it is. */
export class UpdateProjectDto {
  /**
   * Name of the project.
   * @example "Web shop (EU)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What the project is for.
   * @example "The shop of our customers in Europe"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;
}

/** A project as the API shows it. */
export function projectDto(project: ProjectView): ProjectDto {
  const { id, name, description, vaultCount, createdAt, updatedAt } = project;
  return { id: publicId('project', id), name, description, vaultCount, createdAt, updatedAt };
}
