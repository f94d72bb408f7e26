import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
afterAll(() => service.stop());

const from = (address: string, token?: string): Client => new Client(service, { address, token });
const unknownToken = (): string => `ck_live_${'0'.repeat(49)}`;

function login(email: string, secret: string, address: string): Promise<Reply> {
  return from(address).post('/auth/login', { email, password: secret });
}

function expectWait(reply: Reply): void {
  expectStatus(reply, 429);
  expect(reply.json<{ error: { code: string } }>().error.code).toBe('RATE_LIMITED');
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
}

describe('an address that keeps sending unknown credentials', () => {
  it('has to wait, whatever it sends then, and nobody else does', async () => {
    const address = newAddress();
    const guesser = from(address, unknownToken());
    const statuses: number[] = [];
    for (let count = 0; count < 125; count++) statuses.push((await guesser.get('/me')).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(120);
    expectWait(await guesser.get('/me'));
    expectWait(await from(address, person.token).get('/me'));
    expectStatus(await person.client.get('/me'), 200);
    expectStatus(await from(newAddress(), unknownToken()).get('/me'), 401);
  });

  it('counts as its /64 when it is IPv6', async () => {
    const guess = (host: number): Promise<Reply> =>
      from(`2001:db8:1:2::${host.toString(16)}`, unknownToken()).get('/me');
    for (let host = 1; host <= 120; host++) await guess(host);
    expectWait(await guess(121));
    expectStatus(await from('2001:db8:1:3::1', unknownToken()).get('/me'), 401);
  });

  it('is slowed no less by refresh tokens that nobody knows', async () => {
    const guesser = from(newAddress());
    const statuses = new Set<number>();
    for (let count = 0; count < 125; count++)
      statuses.add((await guesser.post('/auth/refresh', { refreshToken: `cvr_${count}` })).status);
    expect([...statuses].sort()).toEqual([401, 429]);
  });
});

describe('guessing passwords', () => {
  it('ends after ten failures of one address at one account', async () => {
    const target = await signUp(service);
    const address = newAddress();
    for (let count = 0; count < 10; count++)
      expectStatus(await login(target.email, `wrong ${count}`, address), 401);
    expectWait(await login(target.email, 'wrong again', address));
    expectWait(await login(target.email.toUpperCase(), password, address));
    expectStatus(await login(target.email, password, newAddress()), 200);
    const neighbour = await signUp(service);
    expectStatus(await login(neighbour.email, password, address), 200);
    expectStatus(await target.client.get('/me'), 200);
    expectStatus(await target.sessionClient.get('/me'), 200);
  });

  it('ends after ten failures also when they are sent all at once', async () => {
    const target = await signUp(service);
    const address = newAddress();
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, count) => login(target.email, `wrong ${count}`, address)),
    );
    expect(replies.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(10);
  });

  it('ends after fifty failures of one address at any accounts', async () => {
    const address = newAddress();
    for (let count = 0; count < 50; count++)
      expectStatus(await login(`nobody${count}@example.com`, 'wrong', address), 401);
    expectWait(await login('nobody@example.com', 'wrong', address));
    expectWait(await login(person.email, password, address));
  });

  it('from many addresses slows strangers, and never the address its owner signed in from', async () => {
    const target = await signUp(service);
    for (let count = 0; count < 15; count++)
      expectStatus(await login(target.email, 'wrong', newAddress()), 401);
    const finished: string[] = [];
    const note = (who: string) => (reply: Reply) => {
      expectStatus(reply, 200);
      finished.push(who);
    };
    const stranger = login(target.email, password, newAddress()).then(note('stranger'));
    const owner = login(target.email, password, target.address).then(note('owner'));
    await Promise.all([stranger, owner]);
    expect(finished).toEqual(['owner', 'stranger']);
  }, 60_000);

  it('floods nothing: beyond a bounded queue of password checks it is told to come again', async () => {
    const flood = Array.from({ length: 120 }, (_, count) =>
      login(`flood${count}@example.com`, 'wrong', newAddress()),
    );
    const statuses = new Set((await Promise.all(flood)).map(({ status }) => status));
    for (const status of statuses) expect([401, 429, 503]).toContain(status);
    expect(statuses.has(503) || statuses.has(429)).toBe(true);
    expectStatus(await login(person.email, password, person.address), 200);
  });

  it('of one-time tokens ends after twenty', async () => {
    const address = newAddress();
    const attempt = (): Promise<Reply> =>
      from(address).post('/auth/password/reset', { token: 'guess', newPassword: 'quiet marmots fold maps' });
    for (let count = 0; count < 20; count++) expectStatus(await attempt(), 403);
    expectWait(await attempt());
  });
});
