import { SecretValue } from '@credvault/crypto/secret-value.js';
import { matchingStep, newTotpSecret, totpUri } from './mfa-totp.js';

/** The secret of RFC 6238, appendix B: "12345678901234567890" in base32. */
const secret = SecretValue.of('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');

describe('matchingStep', () => {
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('knows the code of RFC 6238 at %d s', (seconds, code) => {
    expect(matchingStep(secret, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
  });

  it('takes the step before and the one after, and none further away', () => {
    const step = 41_152_263;
    const code = '005924';
    const at = (offset: number, second: number): number => ((step + offset) * 30 + second) * 1_000;
    for (const second of [0, 29.999]) {
      for (const offset of [-1, 0, 1]) expect(matchingStep(secret, code, at(offset, second))).toBe(step);
      for (const offset of [-2, 2, 1000]) expect(matchingStep(secret, code, at(offset, second))).toBeNull();
    }
  });

  it('knows no wrong code and none of another secret', () => {
    expect(matchingStep(secret, '000000', 59_000)).toBeNull();
    expect(matchingStep(newTotpSecret(), '287082', 59_000)).toBeNull();
  });
});

describe('newTotpSecret', () => {
  it('gives 160 bits in base32, never twice', () => {
    const secrets = new Set(Array.from({ length: 100 }, () => newTotpSecret().reveal()));
    expect(secrets.size).toBe(100);
    for (const one of secrets) expect(one).toMatch(/^[A-Z2-7]{32}$/);
  });
});

describe('totpUri', () => {
  it('names service, account and secret, and what an app takes for granted otherwise', () => {
    const uri = new URL(totpUri('jane+test@example.com', secret));
    expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp']);
    expect(decodeURIComponent(uri.pathname)).toBe('/CredVault:jane+test@example.com');
    expect(uri.searchParams.get('secret')).toBe(secret.reveal());
    expect(uri.searchParams.get('issuer')).toBe('CredVault');
  });
});
