import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { carriedIPv4, possiblyCarriedIPv4 } from './embedded-addresses.js';
import {
  type Address,
  addressBlock,
  type AddressBlock,
  isForbidden,
  isGlobalUnicast,
  isMetadata,
  liesIn,
} from './special-addresses.js';

/**
 * Which addresses the service may call for a user: hosts on the public internet, and what the operator allows besides.
 * It is a list of what is allowed: an address of a kind that is not known yet is refused.
 */
export class AddressRules {
  private readonly exceptions: readonly AddressBlock[];

  /** @param allowed addresses and CIDR blocks that may be called although they are not public (`CREDVAULT_OUTBOUND_ALLOW`) */
  constructor(allowed: readonly string[]) {
    this.exceptions = allowed.map(addressBlock);
  }

  /**
   * Whether a connection may be opened to this address.
   *
   * An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4, Teredo ...) must be allowed itself, and what it
   * carries must be allowed too. Metadata services and link-local addresses are never allowed, in no disguise.
   *
   * @param text an address as `dns.lookup` gives it; anything else is refused, octal and short forms and zones too
   */
  permits(text: string): boolean {
    if (isIP(text) === 0 || text.includes('%')) return false;
    const address = ipaddr.parse(text);
    const judged = [address, ...carriedIPv4(address)];
    if (judged.some(isForbidden) || possiblyCarriedIPv4(address).some(isMetadata)) return false;
    return judged.every((one) => this.accepts(one));
  }

  private accepts(address: Address): boolean {
    return isGlobalUnicast(address) || liesIn(this.exceptions, address);
  }
}
