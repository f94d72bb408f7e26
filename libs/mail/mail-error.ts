import { withoutTokens } from '@credvault/crypto/tokens.js';

/** A mail that is not sent at all; the message says why, without its address. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/** An error of a mail as it may be logged. */
export interface MailErrorDescription {
  /** Code of the mail library or of the system, such as `EAUTH`, `ESOCKET`, `ECONNREFUSED`. */
  code?: string;
  /** The server's reply code, such as 550 (RFC 5321 §4.2). */
  responseCode?: number;
  /** What failed; left out where the server said it, because servers repeat addresses. */
  message?: string;
}

/** Describes an error for the log: no address, no token, nothing the mail server said in words. */
export function describeMailError(thrown: unknown): MailErrorDescription {
  if (!(thrown instanceof Error)) return {};
  const { code, responseCode, response } = thrown as {
    code?: unknown;
    responseCode?: unknown;
    response?: unknown;
  };
  const description: MailErrorDescription = {};
  if (typeof code === 'string') description.code = code;
  if (typeof responseCode === 'number') description.responseCode = responseCode;
  else if (response === undefined) description.message = withoutAddresses(withoutTokens(thrown.message));
  return description;
}

/** Whether trying again is of no use: the server has said no for good (RFC 5321 §4.2.1: 5yz), or nobody was asked. */
export function isFinal(thrown: unknown): boolean {
  if (thrown instanceof MailRefused) return true;
  const { responseCode } = thrown as { responseCode?: unknown };
  return typeof responseCode === 'number' && responseCode >= 500;
}

function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>"']+@[^\s<>"']+/g, '[address]');
}
