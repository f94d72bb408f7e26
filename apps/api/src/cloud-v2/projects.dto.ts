import { Type } from 'class-transformer';
import { IsObject, IsString, Length, MaxLength, ValidateNested } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import type { ProjectsService } from '../projects/projects.service.js';
import { CloudDatesDto, datesDto } from './dates.dto.js';

/** Where backups of a project shall lie. */
export class CloudBackupLocationDto {
  /**
   * Kind of the place.
   * @example "s3"
   */
  @MaxLength(64)
  location_type!: string;

  /**
   * The place.
   * @example "s3://backups/web-shop"
   */
  @MaxLength(500)
  location!: string;
}

/** A project. */
export class CloudProjectDto {
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
   * Id of its organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * Region that the project is meant for; kept and not acted on. Null when nobody said one.
   * @example "eu-central-1"
   */
  @MaxLength(100)
  region!: string | null;

  /** Where its backups shall lie; kept and not acted on. Null when nobody said it. */
  backup_location!: CloudBackupLocationDto | null;

  /** When it was made and last changed. */
  dc!: CloudDatesDto;
}

/** Where backups of a project shall lie, as it is sent. */
export class CloudSentBackupLocationDto {
  /**
   * Kind of the place.
   * @example "s3"
   */
  @IsString()
  @Length(1, 64)
  @IsPrintable()
  location_type!: string;

  /**
   * The place.
   * @example "s3://backups/web-shop"
   */
  @IsString()
  @Length(1, 500)
  @IsPrintable()
  location!: string;
}

/** What may be said of a project that this service keeps for its clients. */
class CloudProjectFields {
  /**
   * Region that the project is meant for; kept and not acted on.
   * @example "eu-central-1"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  @IsPrintable()
  region?: string;

  /** Where its backups shall lie; kept and not acted on. */
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => CloudSentBackupLocationDto)
  backup_location?: CloudSentBackupLocationDto;
}

/** A project to be made. */
export class CloudCreateProjectDto extends CloudProjectFields {
  /**
   * Name of the project.
   * @example "Web shop"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * Id of its organization, the one the credential acts in.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsString()
  @Length(1, 64)
  organization_id!: string;
}

/** What to change of a project; what is left out stays as it is. */
export class CloudUpdateProjectDto extends CloudProjectFields {
  /**
   * Name of the project.
   * @example "Web shop (EU)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;
}

/** A project as its service tells of it. */
type Project = Awaited<ReturnType<ProjectsService['get']>>;

export function projectDto(project: Project): CloudProjectDto {
  const { id, organizationId, name, region, backupLocation } = project;
  return {
    id: publicId('project', id),
    name,
    organization_id: publicId('organization', organizationId),
    region,
    backup_location: backupLocation,
    dc: datesDto(project),
  };
}

/** What was sent, in the names of the service; what was left out is not there. */
export function projectFields({ name, region, backup_location: backupLocation }: CloudUpdateProjectDto): {
  name?: string;
  region?: string;
  backupLocation?: { location_type: string; location: string };
} {
  return {
    ...(name === undefined ? {} : { name }),
    ...(region === undefined ? {} : { region }),
    ...(backupLocation === undefined ? {} : { backupLocation: { ...backupLocation } }),
  };
}
