import { uuidOf } from '@credvault/database/typed-id.js';
import type { SessionTokensDto, SignInDto } from '../../apps/api/src/auth/session.dto.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import {
  answer,
  challengeOf,
  codeOf,
  enrol,
  type EnrolledPerson,
  forgetUsedCodes,
  signUpWithMfa,
} from './mfa-people.js';
import { rounds } from '../support/rounds.js';

const atOnce = 20;
const patience = 60_000 + rounds * 5_000;
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const many = async <T>(make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, index) => make(index)));

function statusesOf(replies: Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const oneOfAll = { 200: 1, 401: atOnce - 1 };

/** Challenges enough for everybody: each takes five tries. */
async function challengesOf(person: EnrolledPerson): Promise<string[]> {
  const tokens: string[] = [];
  for (let count = 0; count < atOnce / 5; count++) tokens.push(await challengeOf(person));
  return Array.from({ length: atOnce }, (_, index) => tokens[index % tokens.length] ?? '');
}

async function sessionCount({ userId }: EnrolledPerson): Promise<number> {
  const [row] = await service.database.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM sessions WHERE user_id = $1`,
    [uuidOf('user', userId)],
  );
  return row?.count ?? 0;
}

describe('race: one code used many times at once', () => {
  it(
    'opens one session, whatever the challenges',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUpWithMfa(service);
        const [tokens, before] = [await challengesOf(person), await sessionCount(person)];
        const code = codeOf(person, 1);
        const replies = await Promise.all(tokens.map((token) => answer(person, token, { code })));
        expect(statusesOf(replies)).toEqual(oneOfAll);
        expect(await sessionCount(person)).toBe(before + 1);
      }
    },
    patience,
  );

  it(
    'steps one session up, or opens one, but not both',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUpWithMfa(service);
        const token = await challengeOf(person);
        const code = codeOf(person, 1);
        const [signIn, stepUp] = await Promise.all([
          answer(person, token, { code }),
          person.sessionClient.post('/auth/step-up', { code }),
        ]);
        expect([
          [200, 403],
          [401, 200],
        ]).toContainEqual([signIn.status, stepUp.status]);
      }
    },
    patience,
  );
});

describe('race: one recovery code used many times at once', () => {
  it(
    'opens one session',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUpWithMfa(service);
        const [recoveryCode = ''] = person.recoveryCodes;
        const tokens = await challengesOf(person);
        const replies = await Promise.all(tokens.map((token) => answer(person, token, { recoveryCode })));
        expect(statusesOf(replies)).toEqual(oneOfAll);
      }
    },
    patience,
  );
});

describe('race: one challenge answered many times at once', () => {
  it(
    'opens one session, also by proofs that are all right',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUpWithMfa(service);
        await forgetUsedCodes(person);
        const token = await challengeOf(person);
        const codes = [{ code: codeOf(person) }, { code: codeOf(person, 1) }];
        const proofs = [
          ...codes,
          ...person.recoveryCodes.slice(0, 2).map((recoveryCode) => ({ recoveryCode })),
        ];
        const before = await sessionCount(person);
        const replies = await Promise.all(proofs.map((proof) => answer(person, token, proof)));
        expect(statusesOf(replies)).toEqual({ 200: 1, 401: proofs.length - 1 });
        expect(await sessionCount(person)).toBe(before + 1);
        const left = await service.database.rows(`SELECT 1 FROM recovery_codes WHERE user_id = $1`, [
          uuidOf('user', person.userId),
        ]);
        expect(left.length).toBeGreaterThanOrEqual(9);
      }
    },
    patience,
  );

  it('lets five be tried, not one more', async () => {
    const person = await signUpWithMfa(service);
    const token = await challengeOf(person);
    const replies = await many(() => answer(person, token, { code: '000000' }));
    const tried = replies.filter(({ text }) => text.includes('"path":"code"'));
    expect([statusesOf(replies), tried.length]).toEqual([{ 401: atOnce }, 5]);
  });
});

describe('race: a sign-in while the second factor is switched on', () => {
  it(
    'either had its session before, which then cannot switch it off, or is asked for a code',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const person = await signUp(service);
        const visitor = new Client(service, { address: newAddress() });
        const login = { email: person.email, password: person.password };
        const [, ...replies] = await Promise.all([
          enrol(person),
          visitor.post('/auth/login', login),
          visitor.post('/auth/login', login),
          visitor.post('/auth/login', login),
        ]);
        for (const reply of replies) {
          const signIn = expectStatus(reply, 200).data<Wire<SignInDto & SessionTokensDto>>();
          if (signIn.mfaRequired) continue;
          const refused = await visitor.delete('/auth/mfa', { token: signIn.accessToken });
          expectStatus(refused, 403);
        }
      }
    },
    patience,
  );
});
