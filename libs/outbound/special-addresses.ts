import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network and the length of its prefix. */
export type AddressBlock = readonly [network: Address, prefixLength: number];

/** Reads a CIDR block; a single address counts as the block of itself, and a zone (`%eth0`) says nothing here. */
export function addressBlock(text: string): AddressBlock {
  const [address = '', length] = text.split('/');
  const network = ipaddr.parse(address.replace(/%.*$/, ''));
  return [network, length === undefined ? network.toByteArray().length * 8 : Number(length)];
}

/** Whether an address lies in one of the blocks. An IPv4 address lies in no IPv6 block, and the other way round. */
export function liesIn(blocks: readonly AddressBlock[], address: Address): boolean {
  return blocks.some(
    ([network, length]) => network.kind() === address.kind() && address.match(network, length),
  );
}

/**
 * What is not a host on the public internet: the IANA IPv4 Special-Purpose Address Registry (RFC 6890, RFC 8190), and
 * multicast (RFC 5771). The few blocks that the registry calls globally reachable (AS112, AMT) hold no host that a
 * customer could mean, so they are here too.
 */
const specialIPv4 = [
  '0.0.0.0/8', // this network, RFC 791; Linux connects 0.0.0.0 to itself
  '10.0.0.0/8', // private, RFC 1918
  '100.64.0.0/10', // shared by carriers (CGNAT), RFC 6598
  '127.0.0.0/8', // loopback, RFC 1122
  '169.254.0.0/16', // link-local, RFC 3927
  '172.16.0.0/12', // private, RFC 1918
  '192.0.0.0/24', // protocol assignments, RFC 6890
  '192.0.2.0/24', // TEST-NET-1, RFC 5737
  '192.31.196.0/24', // AS112, RFC 7535
  '192.52.193.0/24', // AMT, RFC 7450
  '192.88.99.0/24', // 6to4 relays, deprecated by RFC 7526
  '192.168.0.0/16', // private, RFC 1918
  '192.175.48.0/24', // AS112, RFC 7534
  '198.18.0.0/15', // benchmarking, RFC 2544
  '198.51.100.0/24', // TEST-NET-2, RFC 5737
  '203.0.113.0/24', // TEST-NET-3, RFC 5737
  '224.0.0.0/4', // multicast, RFC 5771
  '240.0.0.0/4', // reserved, RFC 1112, with the broadcast address, RFC 919
].map(addressBlock);

/** The only part of IPv6 that IANA gives out for hosts (RFC 4291 §2.4); all else, known or to come, is refused. */
const globalUnicastIPv6 = [addressBlock('2000::/3')];

/** What is special inside 2000::/3: the IANA IPv6 Special-Purpose Address Registry (RFC 6890, RFC 8190). */
const specialIPv6 = [
  '2001::/23', // protocol assignments, RFC 2928: Teredo, benchmarking, AMT, AS112, ORCHID and ORCHIDv2, drones
  '2001:db8::/32', // documentation, RFC 3849
  '2002::/16', // 6to4, RFC 3056
  '2620:4f:8000::/48', // AS112, RFC 7534
  '3ffe::/16', // the former 6bone, RFC 3701
  '3fff::/20', // documentation, RFC 9637
].map(addressBlock);

/** Whether an address belongs to a host on the public internet, by its number alone. */
export function isGlobalUnicast(address: Address): boolean {
  if (address.kind() === 'ipv4') return !liesIn(specialIPv4, address);
  return liesIn(globalUnicastIPv6, address) && !liesIn(specialIPv6, address);
}

/**
 * Single addresses at which clouds hand credentials of the machine to whoever asks, as their manuals give them. Those of
 * the link-local blocks stand here too, because an IPv6 address can carry them in its last 32 bits.
 */
const metadataAddresses = [
  '169.254.169.254', // AWS, Google Cloud, Azure, Oracle, DigitalOcean, OpenStack, Hetzner, IBM
  '169.254.170.2', // AWS ECS task credentials
  '169.254.170.23', // AWS EKS pod identity
  '169.254.42.42', // Scaleway
  '169.254.0.23', // Tencent Cloud
  '100.100.100.200', // Alibaba Cloud
  '168.63.129.16', // Azure WireServer
  '192.0.0.192', // Oracle Cloud Classic
].map(addressBlock);

/**
 * Where no exception of an operator reaches. Link-local is here as a whole: each cloud takes another address of it for its
 * metadata, and nothing that a customer names lives there.
 */
const forbidden = [
  ...metadataAddresses,
  ...[
    '169.254.0.0/16', // IPv4 link-local
    'fe80::/10', // IPv6 link-local, with fe80::a9fe:a9fe of OpenStack
    'fd00:ec2::/32', // AWS: fd00:ec2::254 instance metadata, fd00:ec2::23 EKS pod identity
    'fd20:ce::254', // Google Cloud
    'fd00:c1::a9fe:a9fe', // Oracle Cloud
    'fd00:42::42', // Scaleway
    'fd00:a9fe:a9fe::1', // Linode
    'fd00:100::100:200', // Alibaba Cloud
  ].map(addressBlock),
];

/** Whether an address is one that nobody may call, whatever the operator allows. */
export function isForbidden(address: Address): boolean {
  return liesIn(forbidden, address);
}

/** Whether an IPv4 address is one of the known metadata services. */
export function isMetadata(address: ipaddr.IPv4): boolean {
  return liesIn(metadataAddresses, address);
}
