import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { DomainError } from '@credvault/http/domain-error.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3) as it is kept and shown: `10.0.0.0/8`,
 * `2001:db8::/32`. A single address counts as the block of itself.
 *
 * @returns undefined for what is none: octal or short forms, bits beyond the prefix, a zone, IPv4 written as IPv6
 */
export function parseAddressRange(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  if (rest.length > 0 || address.includes('%') || (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits))) {
    return undefined;
  }
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(address);
  if (!isV4 && !(address.includes(':') && ipaddr.IPv6.isValid(address))) return undefined;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) return undefined;
  const width = isV4 ? 32 : 128;
  const length = bits === undefined ? width : Number(bits);
  if (length > width) return undefined;
  const family = isV4 ? ipaddr.IPv4 : ipaddr.IPv6;
  const network = family.networkAddressFromCIDR(`${address}/${length}`).toString();
  return network === parsed.toString() ? `${network}/${length}` : undefined;
}

/** What was given for a block of addresses is none. */
export class AddressRangeRefused extends DomainError {
  constructor(path: string) {
    const problem =
      'must be a block of addresses such as 203.0.113.0/24 or 2001:db8::/32, without bits beyond its prefix';
    super('BAD_REQUEST', `${path} ${problem}.`, { details: [{ path, code: 'cidr', message: problem }] });
  }
}

/**
 * Blocks of addresses in the form that is kept, each once.
 *
 * @param path field that they stand in
 * @throws AddressRangeRefused naming the first that is none
 */
export function parseAddressRanges(blocks: readonly string[], path: string): string[] {
  const ranges = blocks.map((text, index) => {
    const range = parseAddressRange(text);
    if (range === undefined) throw new AddressRangeRefused(`${path}.${index}`);
    return range;
  });
  return [...new Set(ranges)];
}

/** The lists of organizations that are in use; each has many credentials. */
const organizationsInUse = 1_000;
const shared = new LRUCache<string, AddressRanges>({ max: organizationsInUse });

/** Blocks of addresses that a credential may come from. */
export class AddressRanges {
  private readonly ranges: Range[];

  /** As the constructor, for lists that many credentials have in common: they share one. */
  static shared(blocks: readonly string[]): AddressRanges {
    const key = blocks.join();
    const known = shared.get(key);
    if (known) return known;
    const ranges = new AddressRanges(blocks);
    shared.set(key, ranges);
    return ranges;
  }

  /** @param blocks in CIDR notation, as `parseAddressRange` gives them */
  constructor(readonly blocks: readonly string[]) {
    this.ranges = blocks.map((block) => ipaddr.parseCIDR(block));
  }

  /** Whether an address lies in one of the blocks; an unknown address lies in none. */
  holds(address: string | undefined): boolean {
    if (address === undefined || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return this.ranges.some((range) => lies(parsed, range));
  }

  /** Whether every block lies in one block of the other. */
  isWithin(outer: AddressRanges): boolean {
    return this.ranges.every(([network, length]) =>
      outer.ranges.some((range) => range[1] <= length && lies(network, range)),
    );
  }
}

function lies(address: ipaddr.IPv4 | ipaddr.IPv6, [network, length]: Range): boolean {
  return address.kind() === network.kind() && address.match(network, length);
}
