import type { ApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import { Client } from '../support/client.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, newAddress, signUp, type Person } from '../support/people.js';
import { rounds } from '../support/rounds.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { ask } from './cloud-v2-requests.js';

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
});

beforeEach(async () => {
  jane = await signUp(service);
});

afterAll(() => service?.stop());

function report(token: string, source?: string): ReturnType<Client['post']> {
  const stranger = new Client(service, { address: newAddress() });
  return stranger.post('/leaked-tokens', { token, ...(source === undefined ? {} : { source }) });
}

async function choose(leakedTokens: 'report' | 'pause'): Promise<void> {
  const path = `/organizations/${jane.organizationId}/settings`;
  expectStatus(await jane.sessionClient.patch(path, { leakedTokens }), 200);
}

async function statusOf({ id }: TestKey): Promise<string> {
  return expectStatus(await jane.client.get(`/api-keys/${id}`), 200).data<Wire<ApiKeyDto>>().status;
}

/** A key of the cloud-style API, made with this credential. */
async function keyMadeWith(client: Client): Promise<{ id: string; secret: string; client: Client }> {
  const reply = expectStatus(await ask(client, 'POST', '/users/me/api-keys'), 201);
  const { key, secret } = reply.json<{ key: { key: string }; secret: string }>();
  return { id: key.key, secret, client: client.as(secret) };
}

describe('a leaked token', () => {
  it('is reported to its organization, and works on unless it is told otherwise', async () => {
    const key = await apiKeyOf(jane);
    const source = `https://example.com/paste/42?key=${key.key}`;
    expectStatus(await report(key.key, `${source}&other=${jane.token}`), 202);
    expect(await statusOf(key)).toBe('active');
    const [event] = await trailOf(jane, { type: 'api_key.leaked' });
    expect(event).toMatchObject({
      actor: { type: 'stranger', id: null },
      credential: null,
      resource: { type: 'api_key', ids: [key.id] },
      details: {
        action: 'reported',
        source: 'https://example.com/paste/42?key=[token]&other=[token]',
      },
    });
  });

  it('is stopped at once where the organization has chosen that', async () => {
    await choose('pause');
    const key = await apiKeyOf(jane);
    expectStatus(await key.client.get('/api-keys/self'), 200);
    expectStatus(await report(key.key), 202);
    expect(expectStatus(await key.client.get('/api-keys/self'), 401).text).toContain('API key is paused');
    expect(await statusOf(key)).toBe('paused');
    expect((await trailOf(jane, { type: 'api_key.leaked' }))[0]?.details).toEqual({ action: 'stopped' });
  });

  it('may be a personal token, which is paused, or a session, which ends', async () => {
    await choose('pause');
    expectStatus(await report(jane.token), 202);
    expectStatus(await jane.client.get('/vaults'), 401);
    expect(await trailOf({ ...jane, client: jane.sessionClient }, { type: 'api_token.leaked' })).toHaveLength(
      1,
    );
    expectStatus(await report(jane.session), 202);
    expectStatus(await jane.sessionClient.get('/auth/sessions'), 401);
  });

  it('takes with it what was made with it, also by what was deleted since, and nothing else', async () => {
    await choose('pause');
    const made = await keyMadeWith(jane.client);
    const between = await keyMadeWith(made.client);
    const last = await keyMadeWith(between.client);
    const bySession = await keyMadeWith(jane.sessionClient);
    expectStatus(await ask(made.client, 'DELETE', `/users/me/api-keys/${between.id}`), 204);
    expectStatus(await report(jane.token), 202);
    for (const { client } of [jane, made, last]) expectStatus(await client.get('/vaults'), 401);
    expectStatus(await bySession.client.get('/vaults'), 200);
    const trail = await trailOf({ ...jane, client: jane.sessionClient }, { type: 'api_token.paused' });
    expect(trail.map(({ resource, details }) => [resource?.ids, details]).sort()).toEqual(
      [made, last].map(({ id }) => [[id], { madeWith: jane.tokenId }]).sort(),
    );
  });

  it('makes no other one while it is being stopped: a race', async () => {
    await choose('pause');
    for (let round = 0; round < rounds; round += 1) {
      const leaked = await keyMadeWith(jane.sessionClient);
      const [reply] = await Promise.all([
        ask(leaked.client, 'POST', '/users/me/api-keys'),
        report(leaked.secret),
      ]);
      if (reply.status === 201) {
        const { secret } = reply.json<{ secret: string }>();
        expectStatus(await leaked.client.as(secret).get('/vaults'), 401);
      } else {
        expectStatus(reply, 401);
      }
    }
  });

  it('may be a refresh token, whose session ends', async () => {
    await choose('pause');
    const other = await signUp(service);
    expectStatus(await report(other.refreshToken), 202);
    expectStatus(await report(jane.refreshToken), 202);
    expectStatus(await jane.sessionClient.get('/auth/sessions'), 401);
    expectStatus(await other.sessionClient.get('/auth/sessions'), 200);
  });

  it('gets the same answer as one that is none', async () => {
    const key = await apiKeyOf(jane);
    const answers = [await report(key.key), await report('cv_garbage'), await report('not a token at all')];
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      expect(answer.body).toEqual({ data: { received: true } });
      expect(Object.keys(answer.headers).sort()).toEqual(Object.keys(answers[0]?.headers ?? {}).sort());
    }
  });

  it('cannot stop a key by a secret that a rotation has replaced', async () => {
    await choose('pause');
    const key = await apiKeyOf(jane);
    expectStatus(await jane.client.post(`/api-keys/${key.id}/rotate`, {}), 200);
    expectStatus(await report(key.key), 202);
    expect(await statusOf(key)).toBe('active');
    expect(await trailOf(jane, { type: 'api_key.leaked' })).toEqual([]);
  });

  it('is no way to flood: reports are limited by address', async () => {
    const stranger = new Client(service, { address: newAddress() });
    const statuses = [];
    for (let i = 0; i < 31; i += 1) {
      statuses.push((await stranger.post('/leaked-tokens', { token: `cv_${i}` })).status);
    }
    expect(statuses.filter((status) => status === 202)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });
});
