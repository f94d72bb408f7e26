import { uuidOf } from '@credvault/database/typed-id.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { TooManyAttempts } from '@credvault/rate-limit/attempt-limit.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { MfaLimits } from '../../apps/api/src/auth/mfa-limits.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import {
  answer,
  challengeOf,
  codeOf,
  forgetUsedCodes,
  refusalOf,
  signUpWithMfa,
  wrongCode,
  type EnrolledPerson,
} from '../e2e/mfa-people.js';
import { settle } from '../e2e/audit-trail.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService({ environment: { LOG_LEVEL: 'trace' } });
});
afterAll(() => service.stop());

const newPassword = 'eleven wet ravens skip lunch';

function retryAfter(reply: Reply): number {
  return Number(expectStatus(reply, 429).headers['retry-after']);
}

async function setChallenges(person: EnrolledPerson, change: string): Promise<void> {
  await service.database.rows(`UPDATE mfa_challenges SET ${change} WHERE user_id = $1`, [
    uuidOf('user', person.userId),
  ]);
}

describe('guessing codes', () => {
  it('gets five tries with one challenge, from wherever', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    for (let tries = 0; tries < 5; tries++) {
      expect(refusalOf(expectStatus(await answer(person, token, { code: wrongCode(person) }), 401))).toBe(
        'wrong',
      );
    }
    const right = await answer(person, token, { code: codeOf(person, 1) });
    expect(refusalOf(expectStatus(right, 401))).toBe('refused');
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(person, 1) }), 200);
  });

  it('gets ten tries from one address, however often the password is proved in between', async () => {
    const person = await signUpWithMfa(service);
    const address = newAddress();
    for (let tries = 0; tries < 10; tries++) {
      const token = await challengeOf(person, address);
      expectStatus(await answer(person, token, { code: wrongCode(person) }, address), 401);
    }
    const token = await challengeOf(person, address);
    const refused = await answer(person, token, { code: codeOf(person, 1) }, address);
    expect(retryAfter(refused)).toBeGreaterThan(800);
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }, person.address), 200);
  });

  it('gets a hundred tries from any number of new addresses, which locks nobody out where they signed in', async () => {
    const person = await signUpWithMfa(service);
    for (let tries = 0; tries < 100; tries++) {
      const token = await challengeOf(person);
      expectStatus(await answer(person, token, { code: wrongCode(person) }), 401);
    }
    const token = await challengeOf(person);
    expect(retryAfter(await answer(person, token, { code: codeOf(person, 1) }))).toBeGreaterThan(80_000);
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }, person.address), 200);
  }, 60_000);

  it('gets a hundred tries a day where somebody signed in, and is anybody there after 90 days', async () => {
    const person = await signUpWithMfa(service);
    const userId = String(uuidOf('user', person.userId));
    const limits = service.app.get(MfaLimits, { strict: false });
    const origin = { requestId: 'req', method: 'POST', route: '/', event: '', recorded: false };
    const wrong = (): Promise<unknown> =>
      limits.guard(userId, { ...origin, ip: person.address }, () =>
        Promise.resolve({ isProved: false, reason: 'wrong code' } as const),
      );
    for (let quarter = 0; quarter < 10; quarter++) {
      for (let tries = 0; tries < 10; tries++) await wrong();
      await expect(wrong()).rejects.toThrow(TooManyAttempts);
      await limits['pair'].forget(`${userId} ${addressBlock(person.address)}`);
    }
    await expect(wrong()).rejects.toThrow(/from this address/);
    const age = (days: number): Promise<unknown> =>
      service.database.rows(
        `UPDATE sign_in_addresses SET last_used_at = now() - make_interval(days => $1) WHERE user_id = $2`,
        [days, userId],
      );
    await age(89);
    await expect(wrong()).rejects.toThrow(/from this address/);
    await age(91);
    // It counts with all other addresses now, of which none has tried.
    await wrong();
  });

  it('by step-up and by confirming is limited as well', async () => {
    const [stepping, confirming] = [await signUpWithMfa(service), await signUpWithMfa(service)];
    expectStatus(await confirming.sessionClient.post('/auth/mfa/totp'), 200);
    for (const [person, path] of [
      [stepping, '/auth/step-up'],
      [confirming, '/auth/mfa/totp/confirm'],
    ] as const) {
      for (let tries = 0; tries < 10; tries++) {
        expectStatus(await person.sessionClient.post(path, { code: wrongCode(person) }), 403);
      }
      expect(retryAfter(await person.sessionClient.post(path, { code: codeOf(person, 1) }))).toBeGreaterThan(
        0,
      );
    }
  });

  it('is limited at once as it is one after the other', async () => {
    const person = await signUpWithMfa(service);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () =>
        person.sessionClient.post('/auth/step-up', { code: wrongCode(person) }),
      ),
    );
    expect(replies.filter(({ status }) => status === 403).length).toBe(10);
    expect(replies.filter(({ status }) => status === 429).length).toBe(30);
  });
});

describe('a challenge', () => {
  it('opens nothing for who has no token of it', async () => {
    const person = await signUpWithMfa(service);
    await challengeOf(person);
    for (const token of [mintToken('cvmfa_'), mintToken('cvs_'), person.session, 'nonsense', 'cvmfa_x']) {
      const reply = await answer(person, token, { code: codeOf(person, 1) });
      expect(refusalOf(expectStatus(reply, 401))).toBe('refused');
    }
  });

  it('is answered by its own account’s code only', async () => {
    const [jane, mallory] = [await signUpWithMfa(service), await signUpWithMfa(service)];
    const token = await challengeOf(jane);
    expectStatus(await answer(jane, token, { code: codeOf(mallory, 1) }), 401);
    const reply = expectStatus(await answer(jane, token, { code: codeOf(jane, 1) }), 200);
    expect(reply.data<Wire<SessionTokensDto>>().user.id).toBe(jane.userId);
  });

  it('works once', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }), 200);
    await forgetUsedCodes(person);
    const again = await answer(person, token, { code: codeOf(person, 1) });
    expect(refusalOf(expectStatus(again, 401))).toBe('refused');
  });

  it('ends after five minutes', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    const [row] = await service.database.rows<{ seconds: number }>(
      `SELECT extract(epoch FROM expires_at - created_at)::float AS seconds FROM mfa_challenges WHERE user_id = $1`,
      [uuidOf('user', person.userId)],
    );
    expect(Math.round(row?.seconds ?? 0)).toBe(300);
    await setChallenges(person, `expires_at = now() - interval '1 ms'`);
    const late = await answer(person, token, { code: codeOf(person, 1) });
    expect(refusalOf(expectStatus(late, 401))).toBe('refused');
  });

  it('dies with the password that was proved', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    const change = { currentPassword: password, newPassword };
    expectStatus(await person.sessionClient.post('/auth/password', change), 200);
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }), 401);
    const again = await challengeOf({ ...person, password: newPassword });
    expectStatus(await answer(person, again, { code: codeOf(person, 1) }), 200);
  });

  it('dies with the membership it was to open a session in', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    await service.database.rows(`DELETE FROM memberships WHERE user_id = $1`, [
      uuidOf('user', person.userId),
    ]);
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }), 401);
  });

  it('is not told from a sign-in without second factor by who has a wrong password', async () => {
    const [bare, enrolled] = [await signUp(service), await signUpWithMfa(service)];
    const visitor = new Client(service, { address: newAddress() });
    const texts: string[] = [];
    for (const { email } of [bare, enrolled]) {
      const reply = await visitor.post('/auth/login', { email, password: 'not the password' });
      texts.push(expectStatus(reply, 401).text.replace(/req_\w+/, ''));
    }
    expect(texts[0]).toBe(texts[1]);
  });
});

describe('a reset of the password', () => {
  it('does not get around the second factor, and ends all sessions', async () => {
    const person = await signUpWithMfa(service);
    const links = service.app.get(AccountLinksService, { strict: false });
    const { token } = await service.database.transaction((transaction) =>
      links.issuePasswordReset(transaction, String(uuidOf('user', person.userId))),
    );
    const visitor = new Client(service, { address: newAddress() });
    expectStatus(await visitor.post('/auth/password/reset', { token, newPassword }), 204);
    expectStatus(await person.sessionClient.get('/me'), 401);
    const challenge = await challengeOf({ ...person, password: newPassword });
    expectStatus(await answer(person, challenge, { code: wrongCode(person) }), 401);
    expectStatus(await answer(person, challenge, { code: codeOf(person, 1) }), 200);
  });
});

describe('what the service keeps', () => {
  /** Every row of every table as text; bytes stand in hexadecimal. */
  async function databaseText(): Promise<string> {
    const tables = await service.database.rows<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
    );
    const dumps = tables.map(async ({ name }) => {
      const rows = await service.database.rows<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      return rows.map(({ row }) => row).join('\n');
    });
    return (await Promise.all(dumps)).join('\n').toLowerCase();
  }

  it('holds no secret, recovery code or challenge, in no column and no line of the log', async () => {
    const person = await signUpWithMfa(service);
    const pending = await person.sessionClient.post('/auth/mfa/totp');
    const { secret: waiting } = expectStatus(pending, 200).data<{ secret: string }>();
    const challenge = await challengeOf(person);
    const [, used = ''] = person.recoveryCodes;
    const wrong = used.replace(/^./, (digit) => (digit === 'z' ? 'y' : 'z'));
    expectStatus(await answer(person, challenge, { recoveryCode: wrong }), 401);
    expectStatus(await answer(person, challenge, { recoveryCode: used }), 200);
    await challengeOf(person);
    await settle(service);
    const secrets = [person.secret, waiting, challenge, wrong, ...person.recoveryCodes];
    const plain = secrets.flatMap((text) => [text, text.replaceAll('-', '')]);
    const guises = plain.flatMap((text) => [text.toLowerCase(), Buffer.from(text).toString('hex')]);
    const [database, log] = [await databaseText(), service.logs.join('\n').toLowerCase()];
    // The search finds what is there.
    expect(database).toContain(person.email);
    expect(log).toContain('/auth/mfa');
    for (const haystack of [database, log])
      expect(guises.filter((text) => haystack.includes(text))).toEqual([]);
  });

  it('does not open in the row of another account', async () => {
    const [jane, mallory] = [await signUpWithMfa(service), await signUpWithMfa(service)];
    await service.database.rows(
      `UPDATE authenticators SET secret = (SELECT secret FROM authenticators WHERE user_id = $1), last_step = 0
       WHERE user_id = $2`,
      [uuidOf('user', mallory.userId), uuidOf('user', jane.userId)],
    );
    const token = await challengeOf(jane);
    expectStatus(await answer(jane, token, { code: codeOf(mallory) }), 500);
  });
});
