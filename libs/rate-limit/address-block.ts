import ipaddr from 'ipaddr.js';

/**
 * The block of addresses that counts as one neighbour: an IPv4 address itself, the /64 of an IPv6 address (what one
 * subscriber gets, RFC 6177), and an IPv4 address written as IPv6 as that IPv4 address.
 *
 * @returns a CIDR block such as `203.0.113.9/32` or `2001:db8:1:2::/64`
 */
export function addressBlock(address: string): string {
  if (!ipaddr.isValid(address)) return '0.0.0.0/32';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return `${parsed.toString()}/32`;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}
