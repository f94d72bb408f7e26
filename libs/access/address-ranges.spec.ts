import { AddressRanges, parseAddressRange, parseAddressRanges } from './address-ranges.js';

describe('a block of addresses', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['203.0.113.9/32', '203.0.113.9/32'],
    ['203.0.113.9', '203.0.113.9/32'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
  ])('%s is kept as %s', (text, kept) => {
    expect(parseAddressRange(text)).toBe(kept);
  });

  it.each([
    ['has bits beyond its prefix', '203.0.113.9/24'],
    ['has bits beyond its prefix, in IPv6', '2001:db8::1/32'],
    ['has bits beyond /0', '0.0.0.1/0'],
    ['is longer than its family', '203.0.113.0/33'],
    ['is longer than its family, in IPv6', '2001:db8::/129'],
    ['has a negative length', '203.0.113.0/-1'],
    ['has a length with a leading zero', '203.0.113.0/024'],
    ['has an empty length', '203.0.113.0/'],
    ['has a fraction', '203.0.113.0/24.5'],
    ['has two lengths', '203.0.113.0/24/24'],
    ['is octal', '0313.0.0161.0/24'],
    ['is hexadecimal', '0xcb.0x00.0x71.0x00/24'],
    ['is short', '10/8'],
    ['is short with dots', '10.0.0/8'],
    ['is one number', '3405803776'],
    ['is IPv4 written as IPv6', '::ffff:203.0.113.0/120'],
    ['has a zone', 'fe80::1%eth0'],
    ['has a zone and a length', 'fe80::%eth0/64'],
    ['has a space', ' 203.0.113.0/24'],
    ['is a range', '203.0.113.0-203.0.113.9'],
    ['is a name', 'localhost'],
    ['is empty', ''],
    ['is a length alone', '/24'],
  ])('that %s is none: %s', (_why, text) => {
    expect(parseAddressRange(text)).toBeUndefined();
  });
});

describe('blocks of addresses', () => {
  const ranges = new AddressRanges(['203.0.113.0/24', '2001:db8::/32']);

  it.each(['203.0.113.0', '203.0.113.255', '::ffff:203.0.113.7', '2001:db8::1', '2001:db8:ffff::'])(
    'hold %s',
    (address) => expect(ranges.holds(address)).toBe(true),
  );

  it.each(['203.0.112.255', '203.0.114.0', '::ffff:203.0.114.7', '2001:db9::', '::', 'nonsense', ''])(
    'do not hold %j',
    (address) => expect(ranges.holds(address)).toBe(false),
  );

  it('do not hold an address nobody knows, not even when they are all there are', () => {
    expect(ranges.holds(undefined)).toBe(false);
    expect(new AddressRanges(['0.0.0.0/0', '::/0']).holds(undefined)).toBe(false);
  });

  it('with /0 are all of one family and none of the other', () => {
    const everyV4 = new AddressRanges(['0.0.0.0/0']);
    expect([everyV4.holds('198.51.100.1'), everyV4.holds('2001:db8::1')]).toEqual([true, false]);
    const everyV6 = new AddressRanges(['::/0']);
    expect([everyV6.holds('198.51.100.1'), everyV6.holds('2001:db8::1')]).toEqual([false, true]);
  });

  it.each<[boolean, string[], string[]]>([
    [true, ['203.0.113.0/24'], ['203.0.113.0/24']],
    [true, ['203.0.113.128/25', '203.0.113.9/32'], ['203.0.113.0/24']],
    [true, ['203.0.113.9/32', '2001:db8:1::/48'], ['203.0.113.0/24', '2001:db8::/32']],
    [false, ['203.0.112.0/23'], ['203.0.113.0/24']],
    [false, ['203.0.113.0/24', '198.51.100.0/24'], ['203.0.113.0/24']],
    [false, ['::/0'], ['0.0.0.0/0']],
    [false, ['0.0.0.0/0'], ['0.0.0.0/1', '128.0.0.0/2']],
  ])('%s: %j lie within %j', (isWithin, inner, outer) => {
    expect(new AddressRanges(inner).isWithin(new AddressRanges(outer))).toBe(isWithin);
  });

  it('are one for all credentials of an organization, and never those of another list', () => {
    const blocks = ['203.0.113.0/24', '2001:db8::/32'];
    expect(AddressRanges.shared([...blocks])).toBe(AddressRanges.shared(blocks));
    const fewer = AddressRanges.shared(['203.0.113.0/24']);
    expect([fewer.holds('2001:db8::1'), AddressRanges.shared(blocks).holds('2001:db8::1')]).toEqual([
      false,
      true,
    ]);
  });
});

describe('a list of blocks', () => {
  it('is kept without what it says twice, and refused with the place of what is none', () => {
    expect(parseAddressRanges(['203.0.113.9', '10.0.0.0/8', '203.0.113.9/32'], 'allowedIps')).toEqual([
      '203.0.113.9/32',
      '10.0.0.0/8',
    ]);
    expect(() => parseAddressRanges(['10.0.0.0/8', '10.0.0.1/8'], 'allowedIps')).toThrow('allowedIps.1');
  });
});
