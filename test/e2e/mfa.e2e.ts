import { uuidOf } from '@credvault/database/typed-id.js';
import type { MfaStateDto, RecoveryCodesDto, TotpEnrolmentDto } from '../../apps/api/src/auth/mfa.dto.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import {
  ageStepUps,
  answer,
  challengeOf,
  codeOf,
  enrol,
  type EnrolledPerson,
  forgetUsedCodes,
  refusalOf,
  signUpWithMfa,
  wrongCode,
} from './mfa-people.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function stateOf({ sessionClient }: Person): Promise<Wire<MfaStateDto>> {
  return expectStatus(await sessionClient.get('/auth/mfa'), 200).data<Wire<MfaStateDto>>();
}

async function typesOf(person: Person): Promise<string[]> {
  return (await trailOf(person)).map(({ type }) => type);
}

async function begin({ sessionClient }: Person, body?: object): Promise<Wire<TotpEnrolmentDto>> {
  const reply = await sessionClient.post('/auth/mfa/totp', body);
  return expectStatus(reply, 200).data<Wire<TotpEnrolmentDto>>();
}

describe('enrolling an authenticator app', () => {
  it('shows a secret once, and counts from the first code on', async () => {
    const person = await signUp(service);
    expect(await stateOf(person)).toMatchObject({ enabled: false, enabledAt: null, recoveryCodesLeft: 0 });
    const { secret, uri, expiresAt } = await begin(person, { currentPassword: person.password });
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toMatch(/^otpauth:\/\/totp\/CredVault:/);
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect((await stateOf(person)).enabled).toBe(false);
    const confirmed = await person.sessionClient.post('/auth/mfa/totp/confirm', { code: codeOf({ secret }) });
    const { recoveryCodes } = expectStatus(confirmed, 200).data<Wire<RecoveryCodesDto>>();
    expect(new Set(recoveryCodes).size).toBe(10);
    const state = await stateOf(person);
    expect(state).toMatchObject({ enabled: true, recoveryCodesLeft: 10 });
    expect(JSON.stringify(state)).not.toContain(secret);
    expect(await typesOf(person)).toEqual(expect.arrayContaining(['mfa.enrolment_begun', 'mfa.enabled']));
  });

  it('needs the password or a session that has stepped up', async () => {
    const person = await signUp(service);
    await begin(person);
    await ageStepUps(person, 6);
    const bare = await person.sessionClient.post('/auth/mfa/totp');
    expect(expectStatus(bare, 403).json<{ error: { code: string } }>().error.code).toBe('STEP_UP_REQUIRED');
    const wrong = await person.sessionClient.post('/auth/mfa/totp', { currentPassword: 'not the password' });
    expect(refusalOf(expectStatus(wrong, 403))).toBe('wrong');
    await begin(person, { currentPassword: person.password });
  });

  it('is refused with a wrong code, and can go on', async () => {
    const person = await signUp(service);
    const enrolment = await begin(person);
    const confirm = (code: string) => person.sessionClient.post('/auth/mfa/totp/confirm', { code });
    expect(refusalOf(expectStatus(await confirm(wrongCode(enrolment)), 403))).toBe('wrong');
    expectStatus(await confirm(codeOf(enrolment)), 200);
    expectStatus(await confirm(codeOf(enrolment)), 409);
  });

  it('must be finished within its time, and by the secret of the last beginning', async () => {
    const person = await signUp(service);
    const first = await begin(person);
    const second = await begin(person);
    const confirm = (code: string) => person.sessionClient.post('/auth/mfa/totp/confirm', { code });
    expectStatus(await confirm(codeOf(first)), 403);
    await service.database.rows(
      `UPDATE authenticators SET pending_until = now() - interval '1 s' WHERE user_id = $1`,
      [uuidOf('user', person.userId)],
    );
    expectStatus(await confirm(codeOf(second)), 409);
    expect((await stateOf(person)).enabled).toBe(false);
  });

  it('replaces an app that counts only once the new one has proved itself, and never by the password alone', async () => {
    const person = await signUpWithMfa(service);
    await ageStepUps(person, 6);
    const body = { currentPassword: person.password };
    const alone = await person.sessionClient.post('/auth/mfa/totp', body);
    expect(refusalOf(expectStatus(alone, 403))).toBe('STEP_UP_REQUIRED');
    expectStatus(await person.sessionClient.post('/auth/step-up', { code: codeOf(person, 1) }), 200);
    const next = await begin(person);
    await forgetUsedCodes(person);
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(person) }), 200);
    expectStatus(await person.sessionClient.post('/auth/mfa/totp/confirm', { code: codeOf(next) }), 200);
    await forgetUsedCodes(person);
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(person) }), 401);
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(next) }), 200);
    const [oldCode = ''] = person.recoveryCodes;
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: oldCode }), 401);
    expect(await typesOf(person)).toContain('mfa.replaced');
  });
});

describe('signing in with a second factor', () => {
  it('opens a session with the code, and none before', async () => {
    const person = await signUpWithMfa(service);
    const before = await sessionCount(person);
    const token = await challengeOf(person);
    expect(await sessionCount(person)).toBe(before);
    expectStatus(await person.client.get('/me', { token }), 401);
    const reply = await answer(person, token, { code: codeOf(person, 1) });
    const session = expectStatus(reply, 200).data<Wire<SessionTokensDto>>();
    expect(session.user.id).toBe(person.userId);
    expectStatus(await person.client.get('/me', { token: session.accessToken }), 200);
    expect(await sessionCount(person)).toBe(before + 1);
    const types = await typesOf(person);
    expect(types.slice(types.indexOf('session.challenged'))).toEqual(
      expect.arrayContaining(['session.challenged', 'session.created']),
    );
  });

  it('takes the code of the step before and of the one after, but no code twice', async () => {
    const person = await signUpWithMfa(service);
    await forgetUsedCodes(person);
    for (const steps of [-1, 0, 1]) {
      const code = codeOf(person, steps);
      expectStatus(await answer(person, await challengeOf(person), { code }), 200);
      expectStatus(await answer(person, await challengeOf(person), { code }), 401);
    }
    for (const steps of [-3, 3]) {
      await forgetUsedCodes(person);
      const code = codeOf(person, steps);
      expectStatus(await answer(person, await challengeOf(person), { code }), 401);
    }
    const reasons = (await trailOf(person, { type: 'session.mfa_refused' })).map(({ reason }) => reason);
    expect(reasons).toEqual([...Array<string>(3).fill('code used before'), 'wrong code', 'wrong code']);
  });

  it('takes an older code no more once a later one was used', async () => {
    const person = await signUpWithMfa(service);
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(person, 1) }), 200);
    expectStatus(await answer(person, await challengeOf(person), { code: codeOf(person, 0) }), 401);
  });

  it('does not take the code that the app was enrolled with', async () => {
    const person = await signUp(service);
    const { secret } = await begin(person);
    const code = codeOf({ secret });
    expectStatus(await person.sessionClient.post('/auth/mfa/totp/confirm', { code }), 200);
    expectStatus(await answer(person, await challengeOf(person), { code }), 401);
  });

  it('takes exactly one proof, in its form', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    const [recoveryCode = ''] = person.recoveryCodes;
    expectStatus(await answer(person, token, {}), 400);
    expectStatus(await answer(person, token, { code: codeOf(person, 1), recoveryCode }), 400);
    for (const code of ['12345', '1234567', '12345a', '１２３４５６', ' 12345']) {
      expectStatus(await answer(person, token, { code }), 400);
    }
    expectStatus(await answer(person, token, { code: codeOf(person, 1) }), 200);
  });
});

describe('recovery codes', () => {
  it('work once each, however they are typed, and are counted', async () => {
    const person = await signUpWithMfa(service);
    const [first = '', second = ''] = person.recoveryCodes;
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: first }), 200);
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: first }), 401);
    const typed = second.toUpperCase().replaceAll('-', ' ');
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: typed }), 200);
    expect((await stateOf(person)).recoveryCodesLeft).toBe(8);
    const used = await trailOf(person, { type: 'mfa.recovery_code_used' });
    expect(used.length).toBe(2);
  });

  it('of somebody else do not work', async () => {
    const [jane, mallory] = [await signUpWithMfa(service), await signUpWithMfa(service)];
    const [recoveryCode = ''] = mallory.recoveryCodes;
    expectStatus(await answer(jane, await challengeOf(jane), { recoveryCode }), 401);
    expect((await stateOf(mallory)).recoveryCodesLeft).toBe(10);
  });

  it('are replaced by ten new ones', async () => {
    const person = await signUpWithMfa(service);
    const [old = ''] = person.recoveryCodes;
    const reply = await person.sessionClient.post('/auth/mfa/recovery-codes');
    const { recoveryCodes } = expectStatus(reply, 200).data<Wire<RecoveryCodesDto>>();
    expect(recoveryCodes.length).toBe(10);
    expect(recoveryCodes).not.toContain(old);
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: old }), 401);
    expectStatus(await answer(person, await challengeOf(person), { recoveryCode: recoveryCodes[3] }), 200);
    expectStatus(await (await signUp(service)).sessionClient.post('/auth/mfa/recovery-codes'), 409);
    expect(await typesOf(person)).toContain('mfa.recovery_codes_replaced');
  });
});

describe('switching the second factor off', () => {
  it('makes the password enough again and forgets everything', async () => {
    const person = await signUpWithMfa(service);
    const pending = await challengeOf(person);
    expectStatus(await person.sessionClient.delete('/auth/mfa'), 204);
    expectStatus(await answer(person, pending, { code: codeOf(person, 1) }), 401);
    const login = { email: person.email, password: person.password };
    const reply = await person.client.post('/auth/login', login, { token: null });
    expect(expectStatus(reply, 200).data<object>()).toHaveProperty('accessToken');
    expect(await stateOf(person)).toMatchObject({ enabled: false, recoveryCodesLeft: 0 });
    expectStatus(await person.sessionClient.delete('/auth/mfa'), 409);
    expect(await typesOf(person)).toContain('mfa.disabled');
    for (const table of ['authenticators', 'recovery_codes', 'mfa_challenges']) {
      const rows = await service.database.rows(`SELECT 1 FROM ${table} WHERE user_id = $1`, [
        uuidOf('user', person.userId),
      ]);
      expect([table, rows]).toEqual([table, []]);
    }
    const again: EnrolledPerson = await enrol(person);
    expect(again.secret).not.toBe(person.secret);
  });
});

async function sessionCount({ userId }: Person): Promise<number> {
  const rows = await service.database.rows(`SELECT 1 FROM sessions WHERE user_id = $1`, [
    uuidOf('user', userId),
  ]);
  return rows.length;
}
