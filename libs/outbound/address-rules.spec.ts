import { isAddressBlock } from '@credvault/config/settings-reader.js';
import { AddressRules } from './address-rules.js';
import { hostileAddresses, publicAddresses } from './hostile-addresses.fixture.js';

const each = Object.entries(hostileAddresses).flatMap(([what, list]) =>
  list.map((address) => [what, address]),
);
const everything = ['0.0.0.0/0', '::/0'];

describe('without an exception', () => {
  const rules = new AddressRules([]);

  it.each(each)('%s is refused: %j', (_what, address) => {
    expect(rules.permits(address)).toBe(false);
  });

  it.each(publicAddresses)('a public address may be called: %s', (address) => {
    expect(rules.permits(address)).toBe(true);
  });
});

describe('an exception of the operator', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.0.0/16', '10.1.255.255'],
    ['10.1.2.3/16', '10.1.0.0'], // bits beyond the prefix do not matter
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['fd12::/16', 'fd12:1::1'],
    ['100.64.0.0/10', '100.100.0.1'],
    ['64:ff9b::/96', '64:ff9b::8.8.8.8'], // a network with NAT64
    ['64:ff9b:1::/48', '64:ff9b:1::8.8.8.8'],
  ])('%s lets %s be called', (block, address) => {
    expect(new AddressRules([block]).permits(address)).toBe(true);
  });

  it.each([
    ['10.1.0.0/16', '10.2.0.0'],
    ['10.1.2.3', '10.1.2.4'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['::1', '127.0.0.1'],
    ['0.0.0.0/0', 'fd12::1'],
    ['::/0', '10.0.0.1'],
    ['64:ff9b::/96', '64:ff9b::10.0.0.1'], // what is carried must be allowed too
    ['::/0', '::ffff:10.0.0.1'],
    ['::/0', '2002:a00:1::'],
    ['::/0', '2001:0:808:808:0:0:80ff:fffe'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s does not let %s be called', (block, address) => {
    expect(isAddressBlock(block)).toBe(true);
    expect(new AddressRules([block]).permits(address)).toBe(false);
  });

  it.each(['::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '2002:a00:1::'])(
    'of both families lets an address that carries another be called: %s',
    (address) => expect(new AddressRules(everything).permits(address)).toBe(true),
  );

  it.each([
    ...hostileAddresses.metadata!,
    ...hostileAddresses['link-local']!,
    ...hostileAddresses['NAT64 with a prefix of the network']!,
    '::ffff:169.254.169.254',
    '::ffff:100.100.100.200',
    '::169.254.169.254',
    '::ffff:0:a9fe:a9fe',
    '64:ff9b::168.63.129.16',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '2002:a9fe:a9fe::1',
    '2001:0:a9fe:a9fe::',
    '2001:0:808:808:0:0:5601:5601',
    '2606:4700::5efe:169.254.169.254',
  ])('never reaches metadata and link-local addresses: %s', (address) => {
    const rules = new AddressRules([...everything, ...[address].filter(isAddressBlock)]);
    expect(rules.permits(address)).toBe(false);
  });
});
