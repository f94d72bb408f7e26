import { IsBoolean, IsEmail, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { MayBeNull } from '@credvault/http/may-be-null.js';
import { MailAddress } from '@credvault/mail/address-input.js';
import { CloudDatesDto } from './dates.dto.js';
import { organizationRoles, type OrganizationRole } from './cloud-roles.js';

/** An organization that one belongs to. */
export class CloudOrganizationDto {
  /**
   * Id of the organization.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the organization.
   * @example "Acme"
   */
  name!: string;

  /**
   * Address at which the organization is reached; null when nobody has said one.
   * @example "platform@example.com"
   */
  email!: string | null;

  /**
   * Number of its plan: 1 free, 2 starter, 3 and 4 pro, 5 and 6 enterprise.
   * @example 1
   */
  @Min(1)
  @Max(6)
  plan_type!: number;

  /**
   * Whether the organization wants to be told about its service.
   * @example true
   */
  notifications_enabled!: boolean;

  /**
   * Projects in it that one may see.
   * @example 2
   */
  project_count!: number;

  /**
   * One's own role in it.
   * @example "org_admin"
   */
  @IsIn(organizationRoles)
  role_fqn!: OrganizationRole;

  /** When it was made and last changed. */
  dc!: CloudDatesDto;
}

/** What only this API says of an organization. */
class CloudOrganizationFields {
  /**
   * Address at which the organization is reached; null for none.
   * @example "platform@example.com"
   */
  @MayBeNull()
  @IsEmail()
  @MailAddress()
  @MaxLength(254)
  email?: string | null;

  /**
   * Whether the organization wants to be told about its service; true unless said. To change it takes `billing:manage`.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  notifications_enabled?: boolean;
}

/** An organization to be made. */
export class CloudCreateOrganizationDto extends CloudOrganizationFields {
  /**
   * Name of the organization. It need not be unique.
   * @example "Acme"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * Number of its plan; another one than 1 only administrators of this installation may give.
   * @example 1
   */
  @IsInt()
  @Min(1)
  @Max(6)
  plan_type!: number;
}

/** What to change of an organization; what is left out stays as it is. */
export class CloudUpdateOrganizationDto extends CloudOrganizationFields {
  /**
   * Name of the organization.
   * @example "Acme Incorporated"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * Number of its plan, which only administrators of this installation change.
   * @example 1
   */
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(6)
  plan_type?: number;
}
