import ipaddr from 'ipaddr.js';
import { type Address, addressBlock, liesIn } from './special-addresses.js';

/** A form of IPv6 address that carries an IPv4 address to which a gateway or the system itself may pass the packets. */
interface Carrier {
  lies: (address: ipaddr.IPv6) => boolean;
  /** Reads the IPv4 addresses from the 16 bytes. */
  carried: (bytes: number[]) => number[][];
}

const lastFour = (bytes: number[]): number[][] => [bytes.slice(12)];

function within(block: string): (address: ipaddr.IPv6) => boolean {
  const blocks = [addressBlock(block)];
  return (address) => liesIn(blocks, address);
}

/** `::` and `::1` look like IPv4-compatible addresses and are none (RFC 4291 §2.5.2, §2.5.3). */
function isCompatible(address: ipaddr.IPv6): boolean {
  return within('::/96')(address) && !within('::/127')(address);
}

/** ISATAP: an interface identifier of 0000:5efe or 0200:5efe and the IPv4 address, below any prefix (RFC 5214 §6.1). */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [high = 0, low] = address.parts.slice(4, 6);
  return (high & 0xfdff) === 0 && low === 0x5efe;
}

const carriers: Carrier[] = [
  { lies: isCompatible, carried: lastFour }, // IPv4-compatible, RFC 4291 §2.5.5.1
  { lies: within('::ffff:0:0/96'), carried: lastFour }, // IPv4-mapped, RFC 4291 §2.5.5.2
  { lies: within('::ffff:0:0:0/96'), carried: lastFour }, // IPv4-translated, RFC 7915 (was RFC 2765)
  { lies: within('64:ff9b::/96'), carried: lastFour }, // NAT64, RFC 6052 §2.1
  { lies: within('64:ff9b:1::/48'), carried: lastFour }, // local NAT64, RFC 8215, as a /96
  { lies: within('2002::/16'), carried: (bytes) => [bytes.slice(2, 6)] }, // 6to4, RFC 3056 §2
  {
    lies: within('2001::/32'), // Teredo: the server, and the client with every bit flipped, RFC 4380 §4
    carried: (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)],
  },
  { lies: isIsatap, carried: lastFour },
];

/** Where NAT64 puts the IPv4 address, by the length of the prefix; byte 8 is skipped (RFC 6052 §2.2). */
const nat64Layouts = [
  [4, 5, 6, 7], // /32
  [5, 6, 7, 9], // /40
  [6, 7, 9, 10], // /48
  [7, 9, 10, 11], // /56
  [9, 10, 11, 12], // /64
  [12, 13, 14, 15], // /96
];

/** The IPv4 addresses that an IPv6 address surely carries, by its well-known form; none for most addresses. */
export function carriedIPv4(address: Address): ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  return carriers
    .filter(({ lies }) => lies(address))
    .flatMap(({ carried }) => carried(bytes).map((octets) => new ipaddr.IPv4(octets)));
}

/**
 * The IPv4 addresses that an IPv6 address would carry if the network had a NAT64 prefix of its own there. Nobody can tell
 * by the number, so this is only good for looking out for a few addresses that must never be met.
 */
export function possiblyCarriedIPv4(address: Address): ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  return nat64Layouts.map((layout) => new ipaddr.IPv4(layout.map((index) => bytes[index] ?? 0)));
}
