import type { Organization } from './organization.entity.js';

/** What is kept of an organization's limits, with what names it. */
type Kept = Pick<
  Organization,
  | 'id'
  | 'name'
  | 'plan'
  | 'requestedPlan'
  | 'apiKeyRequestsPerMinute'
  | 'tokenRequestsPerMinute'
  | 'revision'
  | 'createdAt'
  | 'updatedAt'
>;

/** An organization with its plan, what was negotiated with it, and what follows for it; in requests a minute. */
export interface OrganizationLimits extends Kept {
  /** The negotiated limit of one API key, else that of the plan; null: unlimited. */
  effectiveApiKeyRequestsPerMinute: number | null;
  /** The same for the personal tokens of one user. */
  effectiveTokenRequestsPerMinute: number | null;
}

/** What an administrator of the installation changes of an organization; a limit of null: that of the plan. */
export type LimitChange = Partial<
  Pick<Organization, 'plan' | 'apiKeyRequestsPerMinute' | 'tokenRequestsPerMinute'>
>;
