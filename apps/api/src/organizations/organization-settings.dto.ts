import { IsIn } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import type { LeakedTokenResponse, Organization } from './organization.entity.js';

const leakedTokenResponses = ['report', 'pause'] as const;

/** What an organization decides about itself. */
export class OrganizationSettingsDto {
  /**
   * What happens to a valid token of the organization that somebody found and posted to `/leaked-tokens`: `report` tells
   * its owner, `pause` also stops it.
   * @example "report"
   */
  @IsIn(leakedTokenResponses)
  leakedTokens!: LeakedTokenResponse;
}

/** What to change of the settings; what is left out stays as it is. */
export class UpdateOrganizationSettingsDto {
  /**
   * What shall happen to a valid token of the organization that somebody found: `report` tells its owner, `pause` also
   * stops it.
   * @example "pause"
   */
  @MayBeAbsent()
  @IsIn(leakedTokenResponses)
  leakedTokens?: LeakedTokenResponse;
}

export function organizationSettingsDto({ leakedTokens }: Organization): OrganizationSettingsDto {
  return { leakedTokens };
}
