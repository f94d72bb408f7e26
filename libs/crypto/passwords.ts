import { hash, verify } from '@node-rs/argon2';
import { DomainError } from '@credvault/http/domain-error.js';
import pLimit from 'p-limit';
import { isCommonPassword } from './common-passwords.js';

/** Fewest and most characters (Unicode code points) of a password. */
export const PASSWORD_CHARACTERS = { fewest: 12, most: 256 } as const;

/**
 * argon2id with 19 MiB, two passes, one lane: the OWASP Password Storage Cheat Sheet's recommended minimum, about 10 ms of
 * one core. argon2id is the library's default algorithm.
 */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The hash of 32 random bytes that nobody kept, of the same cost: what an unknown account's password is compared with. */
export const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$B7bhITlXrx7dif3KlR9zmw$TZJIcIDLwls5j2Pbg8CndaS9faCl6lZFSQgqwdcnhRA';

/** Two at once use half of Node's thread pool and 38 MiB, so a flood of sign-ins cannot starve the rest of the service. */
const computations = pLimit(2);

/** As many wait as two cores work off in about half a second; a sign-in that waited longer is better told to come again. */
const LONGEST_QUEUE = 64;

/** So many of one address may wait or run: enough for one person's browser, too few to stand before everybody else. */
const MOST_PER_ADDRESS = 4;

/** Computations of each address block that wait or run now. */
const atWork = new Map<string, number>();

/** Whose password is worked on, and where it stands in their request. */
export interface PasswordRequest {
  /** The client's address block, as `addressBlock` gives it. */
  addressBlock: string;
  /** The field a problem is reported for. */
  field?: string;
}

/** Why a password cannot be chosen: a code for programs and a message for the person. */
export interface PasswordProblem {
  code: 'TOO_SHORT' | 'TOO_LONG' | 'NOT_TEXT' | 'TOO_COMMON';
  message: string;
}

/**
 * What keeps a new password from being accepted, or null. Passwords are taken verbatim: no trimming, no normalization, any
 * character; length counts code points.
 */
export function passwordProblem(password: string): PasswordProblem | null {
  const { fewest, most } = PASSWORD_CHARACTERS;
  const characters = charactersOf(password);
  if (characters < fewest) return { code: 'TOO_SHORT', message: `must have at least ${fewest} characters` };
  if (characters > most) return { code: 'TOO_LONG', message: `must have at most ${most} characters` };
  if (!password.isWellFormed()) return { code: 'NOT_TEXT', message: 'must be valid Unicode text' };
  if (isCommonPassword(password)) {
    return { code: 'TOO_COMMON', message: 'is among the first that an attacker would try; choose another' };
  }
  return null;
}

/**
 * Hashes a password with argon2id and a random salt into a PHC string. Throws DomainError: BAD_REQUEST when
 * `passwordProblem` finds something, RATE_LIMITED when too many computations of this address block are waiting, UNAVAILABLE
 * when too many of all are.
 */
export async function hashPassword(
  password: string,
  { addressBlock, field = 'password' }: PasswordRequest,
): Promise<string> {
  assertGoodPassword(password, field);
  return inTurn(addressBlock, () => hash(Buffer.from(password, 'utf8'), COST));
}

/** @throws DomainError BAD_REQUEST for a password that nobody may choose (`passwordProblem`), naming the field */
export function assertGoodPassword(password: string, field = 'password'): void {
  const problem = passwordProblem(password);
  if (!problem) return;
  throw new DomainError('BAD_REQUEST', `The password ${problem.message}.`, {
    details: [{ path: field, ...problem }],
  });
}

/**
 * Tells whether a password belongs to a hash. Give null for an account that does not exist: it takes the same time and is
 * false, so that the time does not tell which accounts exist. Throws DomainError: RATE_LIMITED when too many computations of
 * this address block are waiting, UNAVAILABLE when too many of all are.
 */
export async function verifyPassword(
  passwordHash: string | null,
  password: string,
  { addressBlock }: PasswordRequest,
): Promise<boolean> {
  // Beyond the longest allowed password the answer is known, but it must not come sooner.
  const isPossible = passwordHash !== null && charactersOf(password) <= PASSWORD_CHARACTERS.most;
  const bytes = Buffer.from(isPossible ? password : '', 'utf8');
  const matches = await inTurn(addressBlock, () => verify(isPossible ? passwordHash : NOBODYS_HASH, bytes));
  return isPossible && matches;
}

async function inTurn<Result>(block: string, compute: () => Promise<Result>): Promise<Result> {
  const ofThisAddress = atWork.get(block) ?? 0;
  if (ofThisAddress >= MOST_PER_ADDRESS) {
    throw new DomainError(
      'RATE_LIMITED',
      'Too many passwords of this address are being checked at this moment. Try again in a second.',
      { headers: { 'Retry-After': '1' } },
    );
  }
  if (computations.pendingCount >= LONGEST_QUEUE) {
    throw new DomainError(
      'UNAVAILABLE',
      'Too many people are signing in at this moment. Try again in a second.',
      {
        headers: { 'Retry-After': '1' },
      },
    );
  }
  atWork.set(block, ofThisAddress + 1);
  try {
    return await computations(compute);
  } finally {
    const left = (atWork.get(block) ?? 1) - 1;
    if (left > 0) atWork.set(block, left);
    else atWork.delete(block);
  }
}

/** Code points; a text that is too long in any case is not taken apart to count them. */
function charactersOf(text: string): number {
  const longestInUtf16 = 2 * PASSWORD_CHARACTERS.most;
  return text.length > longestInUtf16 ? text.length : Array.from(text).length;
}
