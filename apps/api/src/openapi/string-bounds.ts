import type { Schema } from '@credvault/http/document/document.js';

/** An id of any kind (TypeID): a prefix of three letters, `_`, 26 digits. */
const anyId: Schema = { pattern: '^[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}$', minLength: 30, maxLength: 30 };

/** A token: 58 characters at most (`libs/crypto/tokens.ts`), with room for longer prefixes to come. */
const token: Schema = { maxLength: 128 };

/** A word that the service itself chose, such as the type of a record. */
const word: Schema = { maxLength: 64 };

/**
 * Bounds of strings in answers which nothing else bounds, by `Class.property` or by `property`. They are what the columns
 * and the requests that fill them allow.
 */
export const stringBounds: Record<string, Schema> = {
  accessToken: token,
  refreshToken: token,
  challengeToken: token,
  /** 160 bits in base32. */
  'TotpEnrolmentDto.secret': { maxLength: 32 },
  /** A secret, and an e-mail address of which every byte may be percent-encoded. */
  'TotpEnrolmentDto.uri': { maxLength: 1024 },
  signInToken: token,
  'BegunSingleSignOnDto.authorizationUrl': { maxLength: 8192 },
  issuer: { maxLength: 1024 },
  clientId: { maxLength: 255 },
  redirectUri: { maxLength: 2048 },
  /** RFC 1035 §2.3.4: 255 octets on the wire, which are 253 characters. */
  domain: { maxLength: 253 },
  'DomainChallengeDto.name': { maxLength: 253 + 22 },
  'DomainChallengeDto.value': { maxLength: 128 },
  defaultRole: word,
  /** OpenID Connect Core 1.0, section 2. */
  subject: { maxLength: 255 },
  recoveryCodes: { minLength: 19, maxLength: 19 },
  token,
  /** Secret of an API key. */
  'MintedApiKeyDto.key': token,
  /** The longest prefix of a token and four digits. */
  hint: { maxLength: 16 },
  /** RFC 5321 §4.5.3.1.3: a path has 256 octets, two of which are its angle brackets. */
  email: { format: 'email', maxLength: 254 },
  name: { maxLength: 200 },
  'RegisteredOrganizationDto.name': { maxLength: 255 },
  'PlanDto.name': word,
  'OrganizationLimitsDto.name': { maxLength: 255 },
  key: { maxLength: 255 },
  plan: word,
  requestedPlan: word,
  /** The name of a built-in role, or the id of a custom one. */
  role: word,
  /** An IPv6 address that embeds an IPv4 one (`INET6_ADDRSTRLEN` of POSIX, without its NUL). */
  ip: { maxLength: 45 },
  /** Cut to 256 bytes. */
  userAgent: { maxLength: 256 },
  type: word,
  'ApiKeyUsageDto.method': { maxLength: 16 },
  /** A route template in which names are replaced by ids. */
  'ApiKeyUsageDto.path': { maxLength: 512 },
  'ApiKeyUsageDto.outcome': { maxLength: 530 },
  'ApiKeyUsageDto.event': word,
  sourceIp: { maxLength: 45 },
  allowedIps: { maxLength: 49 },
  vaultIds: anyId,
  projectIds: anyId,
  /** As the names of environments are made. */
  environments: { maxLength: 50 },
  'MintedApiKeyDto.description': { maxLength: 2000 },
  'ScopeDto.description': { maxLength: 200 },
  'ApiKeyDto.ownerId': anyId,
  'MintedApiKeyDto.ownerId': anyId,
  'ApiKeyDto.createdBy': anyId,
  'MintedApiKeyDto.createdBy': anyId,
  'ApiKeyOwnerDto.id': anyId,
  'SecretVersionDto.createdBy': anyId,
  deletedBy: anyId,
  'DeletedVaultDto.description': { maxLength: 2000 },
  'AuditActorDto.id': anyId,
  /** As `role`. */
  'RoleDto.id': word,
  'TeamMemberDto.id': anyId,
  'MemberDto.id': anyId,
  'InvitationDto.invitedBy': anyId,
  'MintedInvitationDto.invitedBy': anyId,
  'GranteeDto.id': anyId,
  'AuditCredentialDto.id': anyId,
  'AuditResourceDto.ids': anyId,
  'AuditRequestDto.method': { maxLength: 16 },
  'AuditRequestDto.route': { maxLength: 512 },
  reason: { maxLength: 512 },
};
