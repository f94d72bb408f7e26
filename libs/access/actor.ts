import type { Scope } from './scopes.js';

/** What kind of credential a request carried. */
export type CredentialType = 'session' | 'api_token';

/** Why a credential that is known may not be used now. */
export type CredentialRefusal = 'expired' | 'paused';

/** Who a credential stands for, in which organization, and what it may do: what the principal cache holds. */
export interface Principal {
  readonly credentialType: CredentialType;
  readonly credentialId: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly isSuperuser: boolean;
  /** When the credential ends, in milliseconds since the epoch; checked at each use. */
  readonly expiresAt?: number;
  readonly paused: boolean;
}

/** Whether a known credential works now: neither paused nor expired. */
export function isUsable({ paused, expiresAt }: Principal): boolean {
  return !paused && (expiresAt === undefined || expiresAt > Date.now());
}

/** Where a request came from and what it asked for: what its audit record says beside the actor. */
export interface RequestOrigin {
  readonly requestId: string;
  /** Undefined when the connection or a trusted proxy named none that is an address. */
  readonly ip?: string;
  readonly userAgent?: string;
  readonly method: string;
  /** Route template, such as `/vaults/:vaultId`, relative to the version; never a path with tokens or a query. */
  readonly route: string;
  /** Type of the audit record that the route writes; empty until its rule is known. */
  event: string;
  /** Set once this request has its audit record, so that the door does not write a second one. */
  recorded: boolean;
  /** What its record should say beyond the rest, such as that it was a replay. */
  remark?: string;
}

/** The principal of one request, with its origin. */
export interface Actor extends Principal {
  readonly origin: RequestOrigin;
}
