import { isMailAddress, parseMailbox } from './mailbox.js';

describe('isMailAddress', () => {
  it.each([
    'jane@example.com',
    'jane+tag@sub.example.com',
    `o'brien@example.com`,
    'jürgen@exämple.com',
    'no-reply@[127.0.0.1]',
    'no-reply@[IPv6:::1]',
    `${'x'.repeat(64)}@example.com`,
  ])('takes %s', (address) => {
    expect(isMailAddress(address)).toBe(true);
  });

  it.each([
    '',
    'jane',
    '@example.com',
    'jane@',
    'jane@a@b',
    'jane@example.com,spy@example.com',
    'jane@example.com;spy@example.com',
    'Jane <jane@example.com>',
    '"jane"@example.com',
    'jane(comment)@example.com',
    'jane @example.com',
    'jane@example.com\r\nBcc: x',
    'jane@example.com\n',
    'jane\u0000@example.com',
    'jane\u202e@example.com',
    'jane\u2028@example.com',
    'jane@[127.0.0.1]\r\n',
    `${'x'.repeat(65)}@example.com`,
    `jane@${'x'.repeat(250)}`,
  ])('refuses %j', (address) => {
    expect(isMailAddress(address)).toBe(false);
  });
});

describe('parseMailbox', () => {
  it('reads an address with a name, and without', () => {
    expect(parseMailbox('The Vault <vault@example.com>')).toEqual({
      name: 'The Vault',
      address: 'vault@example.com',
    });
    expect(parseMailbox('<vault@example.com>')).toEqual({ name: '', address: 'vault@example.com' });
    expect(parseMailbox('vault@example.com')).toEqual({ name: '', address: 'vault@example.com' });
  });

  it.each([
    'The Vault',
    'a <b> <vault@example.com>',
    'a\r\nb <vault@example.com>',
    'a <vault@example.com> b',
  ])('refuses %j', (text) => {
    expect(parseMailbox(text)).toBeUndefined();
  });
});
