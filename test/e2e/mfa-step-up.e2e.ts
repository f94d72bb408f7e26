import type { SteppedUpDto } from '../../apps/api/src/auth/mfa.dto.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { Client, type Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import {
  ageStepUps,
  answer,
  challengeOf,
  codeOf,
  enrol,
  refusalOf,
  setStepUps,
  signUpWithMfa,
  wrongCode,
} from './mfa-people.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** What a session needs a step-up for; each is refused before it changes anything. */
const guarded: [string, (person: Person) => Promise<(client: Client) => Promise<Reply>>, number][] = [
  [
    'deleting a vault',
    async (person) => {
      const { id } = await vaultOf(person);
      return (client) => client.delete(`/vaults/${id}`);
    },
    204,
  ],
  [
    'exporting secrets',
    async (person) => {
      const { id } = await vaultOf(person);
      await secretOf(person, id);
      return (client) => client.get(`/vaults/${id}/export`, { query: { format: 'json' } });
    },
    200,
  ],
  [
    'replacing recovery codes',
    () => Promise.resolve((client) => client.post('/auth/mfa/recovery-codes')),
    200,
  ],
  // Otherwise a token would do without a step-up what the session may not.
  [
    'making a personal token',
    () => Promise.resolve((client) => client.post('/api-tokens', { name: 'Laptop' })),
    201,
  ],
  [
    'making an API key',
    () => Promise.resolve((client) => client.post('/api-keys', { name: 'Pipeline', scopes: ['*'] })),
    201,
  ],
  [
    'rotating an API key',
    async (person) => {
      const { id } = await apiKeyOf(person);
      return (client) => client.post(`/api-keys/${id}/rotate`);
    },
    200,
  ],
  ['switching the second factor off', () => Promise.resolve((client) => client.delete('/auth/mfa')), 204],
];

function stepUp({ sessionClient }: Person, proof: object): Promise<Reply> {
  return sessionClient.post('/auth/step-up', proof);
}

describe.each(guarded)('%s', (_, prepare, success) => {
  it('is refused to a session that signed in more than five minutes ago, until it steps up', async () => {
    const person = await signUpWithMfa(service);
    const send = await prepare(person);
    await ageStepUps(person, 5);
    const refused = expectStatus(await send(person.sessionClient), 403);
    expect(refused.body).toMatchObject({
      error: { code: 'STEP_UP_REQUIRED', details: [{ code: 'STEP_UP_REQUIRED' }] },
    });
    expect(refused.text).toContain('POST /auth/step-up');
    expectStatus(await stepUp(person, { code: codeOf(person, 1) }), 200);
    expectStatus(await send(person.sessionClient), success);
    const denied = await trailOf(person, { outcome: 'denied' });
    expect(denied.map(({ reason }) => reason)).toContain('step-up required');
  });
});

describe('a personal token and an API key', () => {
  it('delete vaults and export secrets with their scope alone', async () => {
    const person = await signUpWithMfa(service);
    const key = await apiKeyOf(person);
    await ageStepUps(person, 60);
    for (const client of [person.client, key.client]) {
      const { id } = await vaultOf(person);
      expectStatus(await client.get(`/vaults/${id}/export`, { query: { format: 'json' } }), 200);
      expectStatus(await client.delete(`/vaults/${id}`), 204);
    }
  });

  it('cannot step up', async () => {
    const person = await signUp(service);
    const reply = await person.client.post('/auth/step-up', { password: person.password });
    expect(refusalOf(expectStatus(reply, 403))).toBe('session_required');
  });
});

describe('stepping up', () => {
  it('takes the password of somebody without a second factor, and counts five minutes', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    await ageStepUps(person, 6);
    expect(refusalOf(expectStatus(await stepUp(person, { password: 'something else' }), 403))).toBe('wrong');
    expectStatus(await person.sessionClient.delete(`/vaults/${id}`), 403);
    const before = Date.now();
    const reply = expectStatus(await stepUp(person, { password: person.password }), 200);
    const until = Date.parse(reply.data<Wire<SteppedUpDto>>().steppedUpUntil);
    expect(until).toBeGreaterThanOrEqual(before + 300_000);
    expect(until).toBeLessThanOrEqual(Date.now() + 300_000);
    await ageStepUps(person, 5);
    expectStatus(await person.sessionClient.delete(`/vaults/${id}`), 403);
    expectStatus(await stepUp(person, { password: person.password }), 200);
    expectStatus(await person.sessionClient.delete(`/vaults/${id}`), 204);
    const [record] = await trailOf(person, { type: 'session.stepped_up' });
    expect(record?.outcome).toBe('success');
  });

  it('takes a code or a recovery code of somebody with a second factor, each once, and no password', async () => {
    const person = await signUpWithMfa(service);
    const [recoveryCode = ''] = person.recoveryCodes;
    const password = await stepUp(person, { password: person.password });
    expect(refusalOf(expectStatus(password, 403))).toBe('code_required');
    for (const proof of [{ code: codeOf(person, 1) }, { recoveryCode }]) {
      expectStatus(await stepUp(person, proof), 200);
      expect(refusalOf(expectStatus(await stepUp(person, proof), 403))).toBe('wrong');
    }
    expect(refusalOf(expectStatus(await stepUp(person, { code: wrongCode(person) }), 403))).toBe('wrong');
    const reasons = (await trailOf(person, { outcome: 'denied' })).map(({ reason }) => reason);
    expect(reasons).toEqual(
      expect.arrayContaining([
        'code used before',
        'wrong recovery code',
        'wrong code',
        'second factor required',
      ]),
    );
    expect((await trailOf(person, { type: 'mfa.recovery_code_used' })).length).toBe(1);
  });

  it('takes no code of somebody without a second factor, and exactly one proof', async () => {
    const person = await signUp(service);
    expect(refusalOf(expectStatus(await stepUp(person, { code: '123456' }), 403))).toBe('password_required');
    expectStatus(await stepUp(person, {}), 400);
    expectStatus(await stepUp(person, { password: person.password, code: '123456' }), 400);
  });

  it('counts for the session alone, and is kept when its tokens are refreshed', async () => {
    const person = await signUp(service);
    const other = new Client(service, { address: newAddress() });
    const login = await other.post('/auth/login', { email: person.email, password: person.password });
    const { accessToken } = expectStatus(login, 200).data<Wire<SessionTokensDto>>();
    const { id } = await vaultOf(person);
    await ageStepUps(person, 6);
    expectStatus(await stepUp(person, { password: person.password }), 200);
    expectStatus(await other.delete(`/vaults/${id}`, { token: accessToken }), 403);
    const refreshed = await other.post('/auth/refresh', { refreshToken: person.refreshToken });
    const { accessToken: token } = expectStatus(refreshed, 200).data<Wire<SessionTokensDto>>();
    expectStatus(await other.delete(`/vaults/${id}`, { token }), 204);
  });

  it('is not brought back by a refresh once it is over', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    await ageStepUps(person, 6);
    const visitor = new Client(service, { address: newAddress() });
    const refreshed = await visitor.post('/auth/refresh', { refreshToken: person.refreshToken });
    const { accessToken: token } = expectStatus(refreshed, 200).data<Wire<SessionTokensDto>>();
    expectStatus(await visitor.delete(`/vaults/${id}`, { token }), 403);
  });

  it('is what another process knows as well', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    const neighbour = await startTestService({ sharing: service });
    try {
      const elsewhere = person.sessionClient.at(neighbour);
      await ageStepUps(person, 6);
      expectStatus(await elsewhere.get('/me'), 200);
      expectStatus(await elsewhere.delete(`/vaults/${id}`), 403);
      expectStatus(await stepUp(person, { password: person.password }), 200);
      let reply = await elsewhere.delete(`/vaults/${id}`);
      for (let tries = 0; reply.status === 403 && tries < 100; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        reply = await elsewhere.delete(`/vaults/${id}`);
      }
      expectStatus(reply, 204);
    } finally {
      await neighbour.stop();
    }
  });
});

describe('switching the second factor on', () => {
  it('takes the step-up from sessions that were opened without it', async () => {
    const person = await signUp(service);
    const visitor = new Client(service, { address: newAddress() });
    const login = await visitor.post('/auth/login', { email: person.email, password: person.password });
    const { accessToken: token } = expectStatus(login, 200).data<Wire<SessionTokensDto>>();
    const enrolled = await enrol(person);
    expect(refusalOf(expectStatus(await visitor.delete('/auth/mfa', { token }), 403))).toBe(
      'STEP_UP_REQUIRED',
    );
    const reply = await answer(enrolled, await challengeOf(enrolled), { code: codeOf(enrolled, 1) });
    const fresh = expectStatus(reply, 200).data<Wire<SessionTokensDto>>().accessToken;
    expectStatus(await visitor.delete('/auth/mfa', { token: fresh }), 204);
  });
});

describe('a session that the version before has opened', () => {
  it('works, and has to step up first', async () => {
    const person = await signUp(service);
    const { id } = await vaultOf(person);
    await setStepUps(person, 'NULL');
    expectStatus(await person.sessionClient.get(`/vaults/${id}`), 200);
    expectStatus(await person.sessionClient.delete(`/vaults/${id}`), 403);
  });
});
