import { canonicalAddress, canonicalDomain } from './mail-address.js';

describe('a domain', () => {
  it.each([
    'corp.test',
    'CORP.test',
    'corp.te\u017ft',
    'ⓒorp.test',
    'co\u00adrp.test',
    'corp。test',
    'ｃｏｒｐ.test',
  ])('is one in every spelling: %j', (spelling) => {
    expect(canonicalDomain(spelling)).toBe('corp.test');
  });

  it('is written in ASCII, whatever its script', () => {
    expect(canonicalDomain('Exämple.com')).toBe('xn--exmple-cua.com');
    expect(canonicalDomain('xn--exmple-cua.com')).toBe('xn--exmple-cua.com');
  });

  it.each([
    'corp.test/x',
    'corp.test:80',
    'corp.test#x',
    'corp%2etest',
    'co rp.test',
    'a\\b.test',
    '',
    'xn--a.test',
  ])('stays as it is where it is none: %j', (text) => {
    expect(canonicalDomain(text)).toBe(text);
  });
});

it('an address keeps what stands before its domain', () => {
  expect(canonicalAddress('Jane@CORP.te\u017ft')).toBe('Jane@corp.test');
  expect(canonicalAddress('"a@b"@corp.test')).toBe('"a@b"@corp.test');
  expect(canonicalAddress('no address')).toBe('no address');
});
