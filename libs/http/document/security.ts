import type { RawOperation } from './document.js';
import type { BodyStyle } from './document-rules.js';

/** The ways to send a credential, as the document names them. */
export type SecuritySchemeName = 'bearer' | 'basic' | 'apiKey';

/** How each way to send a credential is described. */
export type SecurityDescriptions = Record<SecuritySchemeName, string>;

/** The security schemes (OpenAPI 3.1.1, Security Scheme Object). */
export function securitySchemes(descriptions: Partial<SecurityDescriptions>): Record<string, object> {
  const schemes = Object.entries(descriptions).map(([name, description]) => {
    return [name, { ...schemeFacts[name as SecuritySchemeName], description }] as const;
  });
  return Object.fromEntries(schemes);
}

const schemeFacts: Record<SecuritySchemeName, object> = {
  bearer: { type: 'http', scheme: 'bearer' },
  basic: { type: 'http', scheme: 'basic' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
};

/** Whether an operation takes a credential: the access rules say so with the one scheme that every credential fits. */
export function takesCredential({ security = [] }: RawOperation): boolean {
  return security.some((requirement) => 'bearer' in requirement);
}

/**
 * What an operation asks of its caller: each way to send a credential that it takes, any of which will do, with the scopes
 * it needs (OpenAPI 3.1.1, Security Requirement Object, takes names of roles with any scheme). A session has no id, so it does not
 * come by HTTP Basic.
 *
 * @param ways those that the document describes, the usual one first
 */
export function securityOf(operation: RawOperation, ways: string[]): Record<string, string[]>[] {
  if (!takesCredential(operation)) return [];
  const scopes = operation['x-required-scopes'] ?? [];
  const names = operation['x-session-only'] ? ways.filter((name) => name !== 'basic') : ways;
  return names.map((name) => ({ [name]: [...scopes] }));
}

/** Extensions by which access rules narrow who may call an operation, with what its description says of each. */
const restrictions = {
  'x-session-only': 'Takes a session only: personal tokens and API keys are refused with 403.',
  'x-person-only': 'Takes a session or a personal token: API keys are refused with 403.',
  'x-api-key-only': 'Takes an API key only: sessions and personal tokens are refused with 403.',
  'x-administrator-only':
    'For administrators of this installation, by session or personal token: everybody else is refused with 403.',
  'x-own-sign-in':
    'What the identity provider of an organization vouched for is refused with 403: sign in with the password of the account.',
  'x-step-up':
    'A session that has not proved in the last five minutes who it stands for is refused with 403 `STEP_UP_REQUIRED`; prove it with `POST /auth/step-up`. Tokens and keys need no more than their scope.',
} as const;

/** What the document of the cloud-style API says otherwise: its errors have no code, and the way to a step-up is in `/api/v1`. */
const bareRestrictions: Partial<Record<Restriction, string>> = {
  'x-step-up':
    'A session that has not proved in the last five minutes who it stands for is refused with 403; prove it with `POST /api/v1/auth/step-up`. Keys need no more than their scope.',
};

/** An extension by which an access rule narrows who may call an operation. */
export type Restriction = keyof typeof restrictions;

/** The restrictions of an operation as it publishes them. */
export function restrictionsOf(operation: RawOperation): Partial<Record<Restriction, true>> {
  return Object.fromEntries(namesOfRestrictions(operation).map((name) => [name, true]));
}

/** What the description of an operation says of its scopes and restrictions, in sentences. */
export function describeDemands(operation: RawOperation, bodies: BodyStyle): string[] {
  const own = bodies === 'bare' ? bareRestrictions : {};
  const scopes = (operation['x-required-scopes'] ?? []).map((scope) => `\`${scope}\``);
  return [
    ...(scopes.length > 0 ? [`Scope: ${scopes.join(', ')}.`] : []),
    ...namesOfRestrictions(operation).map((name) => own[name] ?? restrictions[name]),
  ];
}

function namesOfRestrictions(operation: RawOperation): Restriction[] {
  return (Object.keys(restrictions) as Restriction[]).filter((name) => operation[name] === true);
}
