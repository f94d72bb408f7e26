import { IsString, Length } from 'class-validator';

/** Where to act from now on. */
export class SwitchOrganizationDto {
  /**
   * Id of an organization that one belongs to.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsString()
  @Length(1, 64)
  organizationId!: string;
}
