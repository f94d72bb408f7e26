import { IsString, Length } from 'class-validator';
import { IsPrintable } from '@credvault/http/is-printable.js';

/** The actor's own profile. */
export class ProfileDto {
  /**
   * Id of the user.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name shown to others.
   * @example "Jane Developer"
   */
  name!: string;

  /**
   * E-mail address.
   * @example "jane@example.com"
   */
  email!: string;

  /**
   * Plan of the organization the credential acts in.
   * @example "pro"
   */
  plan!: string;

  /**
   * When the account was made.
   * @example "2025-01-01T00:00:00.000Z"
   */
  createdAt!: Date;
}

/** What to change of one's own profile. */
export class UpdateProfileDto {
  /**
   * Name shown to others.
   * @example "Jane Q. Developer"
   */
  @IsString()
  @Length(1, 100)
  @IsPrintable()
  name!: string;
}
