import { crc32 } from 'node:zlib';
import { mintToken, parseToken, tokenHint, type TokenPrefix } from './tokens.js';

const PREFIXES: TokenPrefix[] = [
  'ck_live_',
  'cv_',
  'cvs_',
  'cvr_',
  'cvsetup_',
  'cvinv_',
  'cvreset_',
  'cvemail_',
  'cvmfa_',
  'cvsso_',
];
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function checkDigitsOf(body: string): string {
  let digits = '';
  for (let rest = crc32(body); digits.length < 6; rest = Math.floor(rest / 62))
    digits = DIGITS.charAt(rest % 62) + digits;
  return digits;
}

describe('tokens', () => {
  it.each(PREFIXES)('with prefix %s are parsed as what they are', (prefix) => {
    for (let round = 0; round < 200; round++) {
      const token = mintToken(prefix);
      expect(token).toHaveLength(prefix.length + 49);
      expect(parseToken(token)).toEqual({ prefix, token });
    }
  });

  it('end in the CRC-32 of all before it', () => {
    const token = mintToken('cv_');
    expect(token.slice(-6)).toBe(checkDigitsOf(token.slice(0, -6)));
  });

  it('have a fixed form, also for small numbers', () => {
    const body = `cvs_${'0'.repeat(43)}`;
    expect(parseToken(body + checkDigitsOf(body))?.prefix).toBe('cvs_');
  });

  it('are spread evenly over 256 bits', () => {
    const tokens = Array.from({ length: 6200 }, () => mintToken('cv_').slice(3, 46));
    expect(new Set(tokens).size).toBe(6200);
    // The first digit stands for 62^42 = 2^250.08, so 2^256 gives it 61 values (the last one rarely); the others have 62.
    const firstDigits = new Set(tokens.map((token) => token.charAt(0)));
    expect(firstDigits.size).toBeGreaterThanOrEqual(60);
    for (let position = 1; position < 43; position++) {
      const counts = new Map<string, number>();
      for (const token of tokens)
        counts.set(token.charAt(position), (counts.get(token.charAt(position)) ?? 0) + 1);
      expect(counts.size).toBe(62);
      // 100 expected, standard deviation 10: seven deviations happen once in 10^11.
      for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(75);
    }
  });

  it('are refused with any character changed', () => {
    const token = mintToken('ck_live_');
    for (let position = 0; position < token.length; position++) {
      const other = token[position] === 'A' ? 'B' : 'A';
      expect(parseToken(token.slice(0, position) + other + token.slice(position + 1))).toBeNull();
    }
  });

  it('do not pass for one another', () => {
    const random = mintToken('cv_').slice(3);
    for (const prefix of PREFIXES.slice(0, 1).concat(PREFIXES.slice(2)))
      expect(parseToken(prefix + random)).toBeNull();
  });

  it.each([
    '',
    'cv_',
    'cvs',
    'Bearer',
    '\u0000',
    'ключ',
    'x'.repeat(1_000_000),
    `${mintToken('cv_')}\n`,
    ` ${mintToken('cv_')}`,
    `${mintToken('cv_')}0`,
    mintToken('cv_').slice(0, -1),
    mintToken('cvs_').toUpperCase(),
    mintToken('cvs_').replace('cvs_', 'cvx_'),
    mintToken('cvs_').replace('cvs_', 'cvs-'),
    mintToken('cvsetup_').replace('cvsetup_', 'cvs_etup_'),
  ])('are told from garbage', (text) => {
    expect(parseToken(text)).toBeNull();
  });

  it('have a hint of prefix and four characters', () => {
    const token = mintToken('cvreset_');
    expect(tokenHint(token)).toBe(token.slice(0, 12));
    expect(() => tokenHint('hunter2hunter2')).toThrow(new TypeError('not a token'));
  });
});
