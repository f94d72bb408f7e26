import { parseOptions } from '@node-rs/argon2';
import { DomainError } from '@credvault/http/domain-error.js';
import { hashPassword, NOBODYS_HASH, passwordProblem, verifyPassword } from './passwords.js';

const PASSWORD = 'mauve-tractor-19';
const request = { addressBlock: '203.0.113.9/32' };

describe('passwords', () => {
  it('are hashed by argon2id with 19 MiB, two passes and one lane, salted', async () => {
    const [hash, again] = await Promise.all([
      hashPassword(PASSWORD, request),
      hashPassword(PASSWORD, request),
    ]);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hash).not.toBe(again);
    expect(await verifyPassword(hash, PASSWORD, request)).toBe(true);
    expect(await verifyPassword(again, PASSWORD, request)).toBe(true);
    expect(await verifyPassword(hash, 'mauve-tractor-18', request)).toBe(false);
  });

  it.each([
    ['a space at the end', `${PASSWORD} `],
    ['a space in front', ` ${PASSWORD}`],
    ['another case', 'Mauve-tractor-19'],
    ['a NUL after it', `${PASSWORD}\u0000`],
    ['a NUL and more after it', `${PASSWORD}\u0000more`],
  ])('are taken verbatim: %s makes another one', async (_difference, password) => {
    expect(await verifyPassword(await hashPassword(PASSWORD, request), password, request)).toBe(false);
    expect(await verifyPassword(await hashPassword(password, request), password, request)).toBe(true);
  });

  it('are not normalized', async () => {
    const hash = await hashPassword('zw\u00f6lf Boxk\u00e4mpfer', request);
    expect(await verifyPassword(hash, 'zwo\u0308lf Boxka\u0308mpfer', request)).toBe(false);
  });

  it('are false for an account that does not exist, at the same cost', async () => {
    expect(await verifyPassword(null, PASSWORD, request)).toBe(false);
    expect(await verifyPassword(null, '', request)).toBe(false);
    expect(parseOptions(NOBODYS_HASH)).toEqual(parseOptions(await hashPassword(PASSWORD, request)));
  });

  it('are false beyond the allowed length', async () => {
    expect(await verifyPassword(await hashPassword(PASSWORD, request), 'x'.repeat(1_000_000), request)).toBe(
      false,
    );
  });

  it.each([
    ['abcdefghijk', 'TOO_SHORT'],
    ['🔑🔒🗝🔐🔏🛡🔓🧿🪬🎲🎯', 'TOO_SHORT'],
    ['ab'.repeat(128) + 'c', 'TOO_LONG'],
    ['x'.repeat(1_000_000), 'TOO_LONG'],
    ['mauve-tractor-\ud800', 'NOT_TEXT'],
    ['Password123!', 'TOO_COMMON'],
  ])('are refused with a reason', async (password, code) => {
    expect(passwordProblem(password)?.code).toBe(code);
    const failure: unknown = await hashPassword(password, request).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).toMatchObject({ code: 'BAD_REQUEST', details: [{ path: 'password', code }] });
    expect(JSON.stringify(failure) + String(failure)).not.toContain(password);
  });

  it.each([
    ['12 characters', 'Kx7#pQ2vLm9z'],
    ['12 characters beyond the basic plane', '🔑🔒🗝🔐🔏🛡🔓🧿🪬🎲🎯🧩'],
    ['256 characters', 'Kx7#pQ2v'.repeat(31) + 'lm9zT4wR'],
    ['256 characters beyond the basic plane', '🔑🔒🗝🔐🔏🛡🔓🧿'.repeat(31) + '🪬🎲🎯🧩🧭🪁🧵🪡'],
  ])('may have %s', (_length, password) => {
    expect(passwordProblem(password)).toBeNull();
  });

  it('are refused under the name of their field', async () => {
    const refused = hashPassword('short', { ...request, field: 'newPassword' });
    await expect(refused).rejects.toMatchObject({ details: [{ path: 'newPassword', code: 'TOO_SHORT' }] });
  });

  it('of one address wait in fours, whatever is done with them, and keep nobody else waiting', async () => {
    const attempts = Array.from({ length: 70 }, (_, at) =>
      at % 2 ? verifyPassword(null, PASSWORD, request) : hashPassword(PASSWORD, request),
    );
    const elsewhere = verifyPassword(null, PASSWORD, { addressBlock: '203.0.113.10/32' });
    const outcomes = await Promise.allSettled(attempts);
    const refused = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    expect(refused).toHaveLength(66);
    for (const reason of refused)
      expect(reason).toMatchObject({ code: 'RATE_LIMITED', headers: { 'Retry-After': '1' } });
    expect(await elsewhere).toBe(false);
    const again = Array.from({ length: 4 }, () => verifyPassword(null, PASSWORD, request));
    expect(await Promise.all(again)).toEqual([false, false, false, false]);
  });

  it('wait in a queue of 64 behind two, then are told to come again', async () => {
    const attempts = Array.from({ length: 70 }, (_, at) =>
      verifyPassword(null, PASSWORD, { addressBlock: `203.0.113.${at}/32` }),
    );
    const outcomes = await Promise.allSettled(attempts);
    const refused = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    expect(refused).toHaveLength(4);
    for (const reason of refused) {
      expect(reason).toBeInstanceOf(DomainError);
      expect(reason).toMatchObject({ code: 'UNAVAILABLE', headers: { 'Retry-After': '1' } });
    }
    expect(await verifyPassword(null, PASSWORD, request)).toBe(false);
  });
});
