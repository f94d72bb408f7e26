import { newRecoveryCodes, plainRecoveryCode } from './mfa-recovery-codes.js';

describe('newRecoveryCodes', () => {
  it('gives ten of 80 bits each, in groups, without letters that are taken for others', () => {
    const codes = Array.from({ length: 200 }, newRecoveryCodes).flat();
    expect(codes.length).toBe(2_000);
    expect(new Set(codes).size).toBe(2_000);
    for (const code of codes) expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  });
});

describe('plainRecoveryCode', () => {
  it.each(['0kq1-m9xa-1vtr-c4de', '0KQ1M9XA1VTRC4DE', ' okqi m9xa lvtr c4de ', 'OKQL-M9XA-IVTR-C4DE'])(
    'reads %j as it was meant',
    (text) => {
      expect(plainRecoveryCode(text)).toBe('0kq1m9xa1vtrc4de');
    },
  );
});
