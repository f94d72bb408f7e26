import { OrganizationsService } from '../../apps/api/src/organizations/organizations.service.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** What one address may get wrong in a quarter of an hour: at one account, and at all of them. */
const [perAccount, perAddress] = [10, 50];
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

function login(email: string, secret: string, address: string): Promise<Reply> {
  return new Client(service, { address }).post('/auth/login', { email, password: secret });
}

const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const countOf = (replies: Reply[], status: number): number =>
  replies.filter((reply) => reply.status === status).length;

describe('guesses sent at once', () => {
  it('at one account get no further than guesses one after the other', async () => {
    const target = await signUp(service);
    const address = newAddress();
    let wrong = 0;
    for (let round = 0; round < 6; round++) {
      const replies = await Promise.all(
        many(35, (at) => login(target.email, `wrong ${round} ${at}`, address)),
      );
      expect(countOf(replies, 401) + countOf(replies, 429)).toBe(35);
      wrong += countOf(replies, 401);
    }
    expect(wrong).toBe(perAccount);
  });

  it('at many accounts from one address get no further either', async () => {
    const address = newAddress();
    let wrong = 0;
    for (let round = 0; round < 20; round++) {
      const replies = await Promise.all(
        many(35, (at) => login(`nobody${round}.${at}@example.com`, 'wrong', address)),
      );
      wrong += countOf(replies, 401);
    }
    expect(wrong).toBe(perAddress);
  });

  it('from one address leave room for everybody else', async () => {
    const person = await signUp(service);
    const address = newAddress();
    const flood = many(90, (at) => login(`flood${at}@example.com`, 'wrong', address));
    await Promise.race(flood);
    const neighbours = await Promise.all(many(3, () => login(person.email, password, newAddress())));
    expect(neighbours.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { status } of await Promise.all(flood)) expect([401, 429]).toContain(status);
  });
});

describe('sign-ins that succeed', () => {
  it('leave no points behind, at the account or at the address', async () => {
    const person = await signUp(service);
    const address = newAddress();
    for (let round = 0; round < 20; round++) {
      const replies = await Promise.all(many(3, () => login(person.email, password, address)));
      expect(countOf(replies, 200)).toBe(3);
    }
    for (let at = 0; at < perAccount; at++)
      expectStatus(await login(person.email, `wrong ${at}`, address), 401);
    expectStatus(await login(person.email, password, address), 429);
  }, 60_000);
});

describe('the name of an account', () => {
  it('counts as one however PostgreSQL and JavaScript spell its small letters', async () => {
    // To PostgreSQL's lower(), in most locales, the Kelvin sign is a k and the dotted capital I an i.
    const spellings = [
      'kiki',
      '\u212Aiki',
      'k\u0130ki',
      'ki\u212Ai',
      'kik\u0130',
      'KIKI',
      '\u212A\u0130ki',
      'k\u0130k\u0130',
    ];
    const person = await signUp(service);
    const emails = spellings.map((local) => `${local}@example.com`);
    await service.database.rows(`UPDATE users SET email = $2 WHERE email = $1`, [person.email, emails[0]]);
    const same = await service.database.rows<{ email: string }>(
      `SELECT email FROM unnest($1::text[]) AS spelled (email) WHERE lower(email) = lower($2)`,
      [emails, emails[0]],
    );
    expect(same.length).toBeGreaterThan(2);
    const address = newAddress();
    let wrong = 0;
    for (let at = 0; at < 2 * perAccount; at++) {
      const { email } = same[at % same.length] ?? { email: '' };
      wrong += countOf([await login(email, 'wrong', address)], 401);
    }
    expect(wrong).toBe(perAccount);
  });

  it('asks the database as much as the name of none', async () => {
    const person = await signUp(service);
    const homeFor = jest.spyOn(service.app.get(OrganizationsService, { strict: false }), 'homeFor');
    expectStatus(await login('nobody-at-all@example.com', 'wrong', newAddress()), 401);
    const asked = homeFor.mock.calls.length;
    expectStatus(await login(person.email, 'wrong', newAddress()), 401);
    expect(asked).toBeGreaterThan(0);
    expect(homeFor.mock.calls.length).toBe(2 * asked);
    homeFor.mockRestore();
  });
});

describe('refresh tokens that nobody knows', () => {
  it('are limited by address, well-formed ones too', async () => {
    const person = await signUp(service);
    const address = newAddress();
    const guesser = new Client(service, { address });
    const guess = (): Promise<Reply> => guesser.post('/auth/refresh', { refreshToken: mintToken('cvr_') });
    for (let round = 0; round < 30; round++) await Promise.all(many(4, guess));
    expectStatus(await guess(), 429);
    expectStatus(await guesser.post('/auth/refresh', { refreshToken: person.refreshToken }), 429);
    const elsewhere = new Client(service, { address: newAddress() });
    expectStatus(await elsewhere.post('/auth/refresh', { refreshToken: person.refreshToken }), 200);
  });
});
