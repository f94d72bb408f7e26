import { IsInt, Max, Min } from 'class-validator';
import { memberIdOf } from '@credvault/access/member-id.js';
import type { ListedVersion } from './secret-versions.service.js';

/** A version of a secret, without its value. */
export class SecretVersionDto {
  /**
   * Number of the version, counted from 1.
   * @example 3
   */
  version!: number;

  /**
   * Whether it is the current version.
   * @example true
   */
  current!: boolean;

  /**
   * When the version was made.
   * @example "2025-06-10T14:22:00.000Z"
   */
  createdAt!: Date;

  /**
   * Id of the user or the service account who made the version.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  createdBy!: string;
}

/** Which version to go back to. */
export class RollbackDto {
  /**
   * Number of the version whose value and notes become the newest version.
   * @example 2
   */
  @IsInt()
  @Min(1)
  @Max(2147483647)
  version!: number;
}

export function secretVersionDto(row: ListedVersion): SecretVersionDto {
  const { version, current, createdAt, createdBy, createdByKind } = row;
  return { version, current, createdAt, createdBy: memberIdOf(createdByKind, createdBy) };
}
