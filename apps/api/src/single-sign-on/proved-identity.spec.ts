import { domainOf, provedIdentity } from './proved-identity.js';
import { ProviderAnswerRefused } from './single-sign-on.errors.js';

const claims = { sub: '248289761001', email: 'jane@example.com', email_verified: true, name: 'Jane' };

describe('provedIdentity', () => {
  it('takes what is used of the claims', () => {
    expect(provedIdentity({ ...claims, auth_time: 1_700_000_000, groups: ['all'] })).toEqual({
      subject: claims.sub,
      email: claims.email,
      emailVerified: true,
      name: 'Jane',
      authTime: 1_700_000_000,
    });
  });

  it.each([
    [{ email: 5 }],
    [{ email: 'no address' }],
    [{ email: `${'x'.repeat(250)}@example.com` }],
    [{ email: 'jane@example.com\0' }],
    [{ email: undefined }],
  ])('counts an address %o as not said, and so as not verified', (change) => {
    expect(provedIdentity({ ...claims, ...change })).toMatchObject({ email: null, emailVerified: false });
  });

  it.each([['true'], [1], [null], [undefined], [{}]])('takes %o for no word of the provider', (said) => {
    expect(provedIdentity({ ...claims, email_verified: said }).emailVerified).toBe(false);
  });

  it.each([[undefined], [''], [5], ['x'.repeat(256)], ['ünïcode'], ['a\nb']])(
    'refuses %o as a subject',
    (sub) => {
      expect(() => provedIdentity({ ...claims, sub })).toThrow(ProviderAnswerRefused);
    },
  );

  it.each([
    ['  Jane\u202e\u0000 ', 'Jane'],
    ['\u200b', null],
    ['x'.repeat(300), 'x'.repeat(100)],
    ['😀'.repeat(80), '😀'.repeat(50)],
    [{}, null],
  ])('shows the name %j as %j', (name, shown) => {
    expect(provedIdentity({ ...claims, name }).name).toBe(shown);
  });
});

describe('domainOf', () => {
  it('is what stands behind the last @, in lower case', () => {
    expect(domainOf('"a@b"@Example.COM')).toBe('example.com');
  });
});
