import type { AddressRanges } from './address-ranges.js';
import type { Scope } from './scopes.js';
import type { VaultLevel } from './vault-levels.js';

/** What kind of credential a request carried. */
export type CredentialType = 'session' | 'api_token' | 'api_key';

/** Why a credential that is known may not be used now, in the words of its audit record. */
export type CredentialRefusal =
  'credential expired' | 'credential paused' | 'secret rotated' | 'owner inactive' | 'address not allowed';

/** Who a credential stands for, in which organization, and what it may do: what the principal cache holds. */
export interface Principal {
  readonly credentialType: CredentialType;
  readonly credentialId: string;
  /** Which of an API key's secrets it came with. */
  readonly secretId?: string;
  readonly userId: string;
  /** Set when the owner is a service account, not a person. */
  readonly ofServiceAccount?: boolean;
  readonly organizationId: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The only vaults the credential is for, as UUIDs; undefined: those that its owner reaches. */
  readonly vaultIds?: ReadonlySet<string>;
  /**
   * The vaults granted to its owner by themselves or with their project, by UUID; undefined: the role of the owner reaches every
   * vault of the organization.
   */
  readonly grants?: ReadonlyMap<string, VaultLevel>;
  /** The projects granted to its owner, by UUID; undefined as `grants`, which holds their vaults. */
  readonly projects?: ReadonlyMap<string, VaultLevel>;
  /** The only projects it is for, as UUIDs, when it is narrowed to projects; `vaultIds` holds their vaults. */
  readonly projectIds?: ReadonlySet<string>;
  /** The only environments of these projects it is for, by name; undefined: all. `vaultIds` holds no vault of another one. */
  readonly environments?: ReadonlySet<string>;
  /** The custom role of its owner, as UUID; undefined: a built-in one. */
  readonly roleId?: string;
  /** The teams of its owner, as UUIDs. */
  readonly teamIds?: readonly string[];
  /** The only addresses it may come from; undefined: any. */
  readonly allowedAddresses?: AddressRanges;
  /** The only addresses that its organization takes credentials from; undefined: any. */
  readonly organizationAddresses?: AddressRanges;
  /** Whether the organization takes people with a second factor only. */
  readonly requiresMfa?: boolean;
  /** Whether the person who owns it has a second factor. */
  readonly hasMfa?: boolean;
  /**
   * Set for a session that the identity provider of the organization vouched for, and for the personal tokens made with it: it
   * acts in that organization only, and never for the account as a whole.
   */
  readonly fromProvider?: boolean;
  /** Whether people of the organization sign in by an identity provider at present. */
  readonly hasProvider?: boolean;
  readonly isSuperuser: boolean;
  /** When the credential ends, in milliseconds since the epoch; checked at each use. */
  readonly expiresAt?: number;
  /** When the secret it came with ends, because another one has replaced it; as `expiresAt`. */
  readonly secretEndsAt?: number;
  /** When a session last proved who it stands for, as `expiresAt`; undefined: not since others had reason to doubt it. */
  readonly steppedUpAt?: number;
  readonly paused: boolean;
  /** Set when whoever owns the credential is no member of the organization any more. */
  readonly ownerInactive?: boolean;
  /** Name of the organization's plan. */
  readonly plan: string;
  /** Requests that the plan allows in a minute; undefined: unlimited, or not the plan's matter. */
  readonly requestsPerMinute?: number;
}

/**
 * Why a known credential does not work now, or undefined when it does.
 *
 * @param address where the request comes from
 */
export function refusalOf(principal: Principal, address: string | undefined): CredentialRefusal | undefined {
  const now = Date.now();
  const { paused, expiresAt, secretEndsAt, ownerInactive, allowedAddresses, organizationAddresses } =
    principal;
  if (secretEndsAt !== undefined && secretEndsAt <= now) return 'secret rotated';
  if (paused) return 'credential paused';
  if (expiresAt !== undefined && expiresAt <= now) return 'credential expired';
  if (ownerInactive) return 'owner inactive';
  if (allowedAddresses && !allowedAddresses.holds(address)) return 'address not allowed';
  if (organizationAddresses && !organizationAddresses.holds(address)) return 'address not allowed';
  return undefined;
}

/** Where a request came from and what it asked for: what its audit record says beside the actor. */
export interface RequestOrigin {
  readonly requestId: string;
  /** Undefined when the connection or a trusted proxy named none that is an address. */
  readonly ip?: string;
  readonly userAgent?: string;
  readonly method: string;
  /** Route template, such as `/vaults/:vaultId` or `/api/v2/users/me` (`routeOf`); never a path with tokens or a query. */
  readonly route: string;
  /** The status that the route answers with when it does what it is for; undefined until its rule is known. */
  success?: number;
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

/**
 * Who repeats a request when it comes with the same `Idempotency-Key`: an API key for itself, sessions and personal tokens
 * for their user.
 */
export function repeaterOf({ credentialType, credentialId, userId }: Principal): string {
  return credentialType === 'api_key' ? credentialId : userId;
}
