import type { Principal } from './actor.js';
import { AddressRanges } from './address-ranges.js';

/** What the statement that finds a credential reads of the settings of the organization `o` it acts in. */
export interface OrganizationBoundsRow {
  organization_allowed_ips: string[] | null;
  require_mfa: boolean;
  has_mfa: boolean;
  has_provider: boolean;
}

/** How the settings of an organization bound a credential that acts in it. */
export type OrganizationBounds = Pick<
  Principal,
  'organizationAddresses' | 'requiresMfa' | 'hasMfa' | 'hasProvider'
>;

/** Columns for a statement that has the organization `o` and the user `u` who owns the credential. */
export const organizationBoundsColumns = `o.allowed_ips AS organization_allowed_ips, o.require_mfa,
  EXISTS (SELECT 1 FROM authenticators f WHERE f.user_id = u.id AND f.enabled_at IS NOT NULL) AS has_mfa,
  EXISTS (SELECT 1 FROM single_sign_on i WHERE i.organization_id = o.id AND i.enabled) AS has_provider`;

/** The bounds as they were read. */
export function organizationBounds(row: OrganizationBoundsRow): OrganizationBounds {
  const { organization_allowed_ips: blocks } = row;
  return {
    organizationAddresses: blocks ? AddressRanges.shared(blocks) : undefined,
    requiresMfa: row.require_mfa,
    hasMfa: row.has_mfa,
    hasProvider: row.has_provider,
  };
}
