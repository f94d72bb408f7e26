/** How the people of an organization sign in by its identity provider, as it is stored. */
export interface ProviderConfiguration {
  organizationId: string;
  /** UUID, another one with each other issuer or client: what was begun with the one before ends. */
  id: string;
  /** Issuer identifier (OpenID Connect Core 1.0, section 2). */
  issuer: string;
  clientId: string;
  /** Sealed by `ProviderSecretCipher`; null for a public client. */
  clientSecret: Buffer | null;
  /** In lower case, without a dot at its end. */
  domain: string;
  /** What a TXT record must show before the domain counts. */
  domainToken: string;
  domainVerifiedAt: Date | null;
  /** A built-in role, or `custom`. */
  role: string;
  customRoleId: string | null;
  enabled: boolean;
  /** Who saved it last: newcomers get no role that they could not give. */
  configuredBy: string;
  revision: number;
  createdAt: Date;
  updatedAt: Date;
}

/** The name at which the proof of a domain is published. */
export function challengeName(domain: string): string {
  return `_credvault-challenge.${domain}`;
}

/** The value that proves a domain. */
export function challengeValue(domainToken: string): string {
  return `credvault-domain-verification=${domainToken}`;
}

/**
 * Where the provider of an organization sends browsers back to. Each organization has an address of its own, so that an answer
 * meant for one is not taken for another (mix-up, RFC 9700, section 4.4.2.2).
 *
 * @param organizationId public id
 */
export function redirectUri(publicUrl: URL, organizationId: string): string {
  return new URL(`/api/v1/auth/single-sign-on/callback/${organizationId}`, publicUrl).href;
}
