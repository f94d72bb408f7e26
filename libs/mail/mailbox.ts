import { isIP } from 'node:net';

/** Who a mail is from: an address, and the name shown beside it. */
export interface Mailbox {
  name: string;
  address: string;
}

/** RFC 5321 §4.5.3.1.3: a path has 256 octets, two of which are its angle brackets. */
const longestAddress = 254;
/** Whatever has a meaning of its own in a header or an SMTP command, and all that is not printed, stays out. */
const atom = String.raw`[^\s\p{C}"(),:;<>@[\\\]]`;
/** RFC 5321 §4.1.3: an address literal stands in brackets where there is no domain. */
const address = new RegExp(`^${atom}{1,64}@(?:${atom}+|\\[[0-9A-Za-z.:]+\\])$`, 'u');
const named = /^(?<name>[^\p{C}"<>]*)<(?<address>[^<>]*)>$/u;

/**
 * Whether a mail may be sent to this address. Narrower than RFC 5322: no quotes, comments, lists or control characters,
 * so that an address can be nothing but one address, whatever header or command it stands in.
 */
export function isMailAddress(text: string): boolean {
  return Buffer.byteLength(text) <= longestAddress && address.test(text);
}

/** Reads `Name <address>` or an address alone; undefined when it is neither. */
export function parseMailbox(text: string): Mailbox | undefined {
  const groups = named.exec(text)?.groups;
  const mailbox = { name: groups?.['name']?.trim() ?? '', address: (groups?.['address'] ?? text).trim() };
  return isMailAddress(mailbox.address) ? mailbox : undefined;
}

/** The sender where the operator chose none: `no-reply` at the host of the public URL. */
export function defaultSender({ hostname }: URL): Mailbox {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(bare);
  const domain = version === 0 ? bare : version === 4 ? `[${bare}]` : `[IPv6:${bare}]`;
  return { name: 'CredVault', address: `no-reply@${domain}` };
}
