import { addressBlock, clientAddress } from './address-block.js';

describe('addressBlock', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9/32'],
    ['::ffff:203.0.113.9', '203.0.113.9/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['not an address', '0.0.0.0/32'],
    ['203.0.113.9:51234', '203.0.113.9/32'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('of %s is %s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });

  it('keeps neighbours of one /64 together and others apart', () => {
    expect(addressBlock('2001:db8:1:2::1')).toBe(addressBlock('2001:db8:1:2:ffff::1'));
    expect(addressBlock('2001:db8:1:2::1')).not.toBe(addressBlock('2001:db8:1:3::1'));
  });
});

describe('clientAddress', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:51234', '203.0.113.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::fc:ff:fe00:1%eth0', 'fe80::fc:ff:fe00:1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['unknown', undefined],
    ['', undefined],
    ["1.2.3.4'; DROP TABLE", undefined],
  ])('of %s is %s', (text, address) => {
    expect(clientAddress(text)).toBe(address);
  });
});
