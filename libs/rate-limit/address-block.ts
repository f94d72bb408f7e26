import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';

/** Blocks of addresses seen lately: each request asks for one, and most come from a few addresses. */
const blocks = new LRUCache<string, string>({ max: 5_000 });

/** What counts as one neighbour when nobody knows the address. */
const unknownBlock = '0.0.0.0/32';

/**
 * The address of a client as PostgreSQL's `inet` and people write it: without zone (`fe80::1%eth0`), without the port that
 * some proxies append, and an IPv4 address that came as IPv6 as IPv4.
 *
 * @param text what the connection or a trusted proxy says; a connection that was reset says nothing
 * @returns undefined for what is no address
 */
export function clientAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  const bare = text.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  const [address] = bare.split('%', 1);
  if (address === undefined || !ipaddr.isValid(address)) return undefined;
  return ipaddr.process(address).toString();
}

/**
 * The block of addresses that counts as one neighbour: an IPv4 address itself, the /64 of an IPv6 address (what one
 * subscriber gets, RFC 6177), and an IPv4 address written as IPv6 as that IPv4 address.
 *
 * @returns a CIDR block such as `203.0.113.9/32` or `2001:db8:1:2::/64`
 */
export function addressBlock(text: string | undefined): string {
  if (text === undefined) return unknownBlock;
  const known = blocks.get(text);
  if (known !== undefined) return known;
  const block = blockOf(text);
  blocks.set(text, block);
  return block;
}

function blockOf(text: string): string {
  const address = clientAddress(text);
  if (address === undefined) return unknownBlock;
  if (ipaddr.IPv4.isValid(address)) return `${address}/32`;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`;
}
