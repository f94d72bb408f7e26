import { isCleanText } from '@credvault/http/text-rules.js';
import { readMailAddress } from '@credvault/mail/mail-address.js';
import { ProviderAnswerRefused } from './single-sign-on.errors.js';

/** Who somebody is to a provider, as its ID token says. */
export interface ProvedIdentity {
  /** Never given to anybody else by the same issuer (OpenID Connect Core 1.0, section 8). */
  subject: string;
  email: string | null;
  /** Whether the provider vouches that the mailbox is theirs. */
  emailVerified: boolean;
  name: string | null;
  /** When they last signed in at the provider, in seconds since the epoch. */
  authTime: number | null;
}

/** OpenID Connect Core 1.0, section 2: at most 255 characters of ASCII. */
const subject = /^[\x20-\x7e]{1,255}$/;
const longestName = 100;

/**
 * The claims of a provider (OpenID Connect Core 1.0, section 5.1) as far as they are used; what is not of the right form counts as
 * not said.
 *
 * @throws ProviderAnswerRefused without a subject
 */
export function provedIdentity(claims: Record<string, unknown>): ProvedIdentity {
  const { sub, email, email_verified: emailVerified, name, auth_time: authTime } = claims;
  if (typeof sub !== 'string' || !subject.test(sub)) {
    throw new ProviderAnswerRefused('the provider names nobody.');
  }
  const address = typeof email === 'string' && isCleanText(email) ? readMailAddress(email) : undefined;
  return {
    subject: sub,
    email: address ?? null,
    emailVerified: address !== undefined && emailVerified === true,
    name: typeof name === 'string' ? shownName(name) : null,
    authTime: typeof authTime === 'number' && Number.isSafeInteger(authTime) ? authTime : null,
  };
}

/** What stands behind the `@`, in lower case. */
export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

/** The name that others see: printable and of bounded length, as at a registration. */
function shownName(name: string): string | null {
  const printable = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, '')
    .trim();
  const shown = Array.from(printable).slice(0, longestName).join('').slice(0, longestName).toWellFormed();
  return shown === '' ? null : shown;
}
