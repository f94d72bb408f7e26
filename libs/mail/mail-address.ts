import { domainToASCII } from 'node:url';
import { isEmail } from 'class-validator';
import { isMailAddress } from './mailbox.js';

/** What a domain is written with, but letters of other scripts: all else would be read as the part of a URL. */
const otherAscii = /[\0-,/:-@[-`{-\x7f]/;

/**
 * A domain as it is asked for: in lower case, and in ASCII (UTS #46, as the URL standard says). Many spellings are one domain to
 * whoever looks it up (`ⓔxample.com`, `example。com`, a soft hyphen in it), and must be one here, or they would be counted, held and
 * proven apart. What is no domain stays as it is, for the check of the input to refuse.
 */
export function canonicalDomain(domain: string): string {
  return (otherAscii.test(domain) ? '' : domainToASCII(domain)) || domain;
}

/** An e-mail address with its domain as `canonicalDomain` gives it. */
export function canonicalAddress(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? address : address.slice(0, at + 1) + canonicalDomain(address.slice(at + 1));
}

/** The e-mail address that a text is, in its one spelling; undefined for what is none, or none that mails are sent to. */
export function readMailAddress(text: string): string | undefined {
  const address = canonicalAddress(text);
  return isEmail(address) && isMailAddress(address) ? address : undefined;
}
