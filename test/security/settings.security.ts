import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { CreateApiKeyDto } from '../../apps/api/src/api-keys/api-key-requests.dto.js';
import { enrol, signUpWithMfa } from '../e2e/mfa-people.js';
import { Client } from '../support/client.js';
import { vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { expectStatus, memberOf, newAddress, type Person, signUp } from '../support/people.js';
import { askToSet, set, settingsOf, type SettingsAnswer } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';

/** What is decided on one process may be unknown to another for at most this long, in milliseconds (DESIGN, promise 8). */
const longest = 1_000;

let here: TestService;
let there: TestService;
let owner: Person;

beforeAll(async () => {
  here = await startTestService();
  there = await startTestService({ sharing: here });
  await signUp(here, 'The administrator');
});
beforeEach(async () => {
  owner = await signUp(here, 'An owner');
});
afterAll(async () => {
  await there.stop();
  await here.stop();
});

/** Asks for the vaults on the other process, with the tokens in this order. */
async function statusesThere(tokens: string[], address = owner.address): Promise<number[]> {
  const client = new Client(there, { address });
  const replies = await Promise.all(tokens.map((token) => client.get('/vaults', { token })));
  return replies.map(({ status }) => status);
}

/** Has both processes keep the principals of these tokens. */
async function warm(tokens: string[], address = owner.address): Promise<void> {
  for (let round = 0; round < 2; round++) {
    expect(await statusesThere(tokens, address)).toEqual(tokens.map(() => 200));
  }
}

describe('what an organization decides counts on every process within a second', () => {
  it('for where credentials come from', async () => {
    const key = await apiKeyOf(owner);
    const tokens = [owner.session, owner.token, key.key];
    const elsewhere = newAddress();
    await warm(tokens, elsewhere);
    await set(owner, { allowedIps: [owner.address] });
    await sleep(longest);
    expect(await statusesThere(tokens, elsewhere)).toEqual([403, 403, 403]);
    expect(await statusesThere(tokens)).toEqual([200, 200, 200]);
  });

  it('for how long they live, whoever writes it', async () => {
    const key = await apiKeyOf(owner);
    const id = uuidOf('organization', owner.organizationId);
    for (const [table, time] of [
      ['sessions', 'signed_in_at'],
      ['api_tokens', 'created_at'],
      ['api_keys', 'created_at'],
    ]) {
      await here.database.rows(
        `UPDATE ${table} SET ${time} = ${time} - interval '2 days' WHERE organization_id = $1`,
        [id],
      );
    }
    const tokens = [owner.session, owner.token, key.key];
    await warm(tokens);
    await here.database.rows(
      `UPDATE organizations SET session_lifetime_hours = 1, max_token_lifetime_days = 1, max_key_lifetime_days = 1
       WHERE id = $1`,
      [id],
    );
    await sleep(longest);
    expect(await statusesThere(tokens)).toEqual([401, 401, 401]);
  });

  it('for the second factor, both when it is asked for and when somebody has enrolled one', async () => {
    const boss = await signUpWithMfa(here);
    const member = await memberOf(here, boss, 'developer');
    const tokens = [member.session, member.token];
    await warm(tokens);
    await set(boss, { requireMfa: true });
    await sleep(longest);
    expect(await statusesThere(tokens)).toEqual([403, 403]);
    expect(await statusesThere([boss.session, boss.token])).toEqual([200, 200]);
    await enrol(member);
    await sleep(longest);
    expect(await statusesThere(tokens)).toEqual([200, 200]);
    await here.database.rows(`DELETE FROM authenticators WHERE user_id = $1`, [
      uuidOf('user', member.userId),
    ]);
    await sleep(longest);
    expect(await statusesThere(tokens)).toEqual([403, 403]);
  });
});

describe('an address that is allowed', () => {
  it('is the one that the connection or a trusted proxy says, in any spelling', async () => {
    await set(owner, { allowedIps: [owner.address] });
    const statusFrom = async (forwarded: string): Promise<number> => {
      const headers = { 'x-forwarded-for': forwarded };
      return (await new Client(here, { token: owner.token }).get('/vaults', { headers })).status;
    };
    expect(await statusFrom(`::ffff:${owner.address}`)).toBe(200);
    expect(await statusFrom(`203.0.113.9, ${owner.address}`)).toBe(200);
    for (const forwarded of [
      `${owner.address}, 203.0.113.9`,
      '203.0.113.9',
      'unknown',
      `${owner.address}x`,
    ]) {
      expect([forwarded, await statusFrom(forwarded)]).toEqual([forwarded, 403]);
    }
  });

  it('is not needed to report a token of the organization that has leaked', async () => {
    await set(owner, { allowedIps: [owner.address], leakedTokens: 'pause' });
    const key = await apiKeyOf(owner);
    const finder = new Client(here, { address: newAddress() });
    expectStatus(await finder.post('/leaked-tokens', { token: key.key }), 202);
    expect(expectStatus(await key.client.get('/vaults'), 401).body).toMatchObject({
      error: { message: 'API key is paused' },
    });
  });
});

describe('a second factor that is asked for', () => {
  it('is not avoided by another spelling of the credential or of the path', async () => {
    const boss = await signUpWithMfa(here);
    const { token, tokenId, address } = await memberOf(here, boss, 'admin');
    await set(boss, { requireMfa: true });
    const visitor = new Client(here, { address });
    const basic = `Basic ${Buffer.from(`${tokenId}:${token}`).toString('base64')}`;
    const spellings: Record<string, string>[] = [{ 'x-api-key': token }, { authorization: basic }];
    for (const headers of spellings) {
      for (const path of [
        '/v1/vaults',
        '/api/v1/vaults/',
        '/api/v1/me/../vaults',
        '/api/v1/auth/../vaults',
      ]) {
        const reply = await visitor.get(path, { headers, fromRoot: true, undocumented: true });
        expect([path, [403, 404].includes(reply.status)]).toEqual([path, true]);
      }
    }
    const own = await visitor.patch(settingsOf(boss), { requireMfa: false }, { token });
    expect(expectStatus(own, 403).body).toMatchObject({ error: { code: 'MFA_REQUIRED' } });
  });
});

describe('whoever is bounded', () => {
  /** Expects that a setting is not loosened, and stays as it is. */
  async function expectKept(client: Client, fields: Partial<SettingsAnswer>): Promise<void> {
    const before = (await owner.sessionClient.get(settingsOf(owner))).body;
    const reply = expectStatus(await client.patch(settingsOf(owner), fields), 403);
    const { error } = reply.body as { error: { details: object[] } };
    expect(error.details).toMatchObject(Object.keys(fields).map((path) => ({ path, code: 'too_wide' })));
    expect((await owner.sessionClient.get(settingsOf(owner))).body).toEqual(before);
  }

  it('by a longest lifetime extends neither their own life nor that of others', async () => {
    const key = await apiKeyOf(owner);
    await set(owner, { maxKeyLifetimeDays: 2, maxTokenLifetimeDays: 2, sessionLifetimeHours: 2 });
    for (const client of [key.client, owner.client]) {
      await expectKept(client, { maxKeyLifetimeDays: null });
      await expectKept(client, { maxTokenLifetimeDays: 3, maxKeyLifetimeDays: 3 });
      await expectKept(client, { sessionLifetimeHours: 3 });
      expectStatus(await client.patch(settingsOf(owner), { leakedTokens: 'pause' }), 200);
    }
    expectStatus(await key.client.patch(settingsOf(owner), { maxKeyLifetimeDays: 1 }), 200);
    expectStatus(await askToSet(owner, { maxKeyLifetimeDays: null, maxTokenLifetimeDays: null }), 200);
    expectStatus(await key.client.patch(settingsOf(owner), { sessionLifetimeHours: null }), 200);
    expectStatus(await owner.client.patch(settingsOf(owner), { leakedTokens: 'report' }), 200);
  });

  it('by a lifetime that was set a moment ago does not take it back, whatever their process knows', async () => {
    const key = await apiKeyOf(owner);
    const id = uuidOf('organization', owner.organizationId);
    await warm([key.key, owner.token]);
    const silent = `SET LOCAL session_replication_role = replica`;
    await here.database.transaction(async (transaction) => {
      await transaction.rows(silent);
      await transaction.rows(
        `UPDATE organizations SET max_key_lifetime_days = 9, max_token_lifetime_days = 9 WHERE id = $1`,
        [id],
      );
    });
    await expectKept(key.client, { maxKeyLifetimeDays: null });
    await expectKept(owner.client, { maxTokenLifetimeDays: null });
  });

  it.each([
    ['by an end of their own', { expiresIn: '30d' }],
    ['to addresses', { allowedIps: ['10.0.0.0/8'] }],
    ['to vaults', { vaultIds: [] as string[] }],
  ] as const)('%s loosens nothing for anybody', async (_what, bound) => {
    const vaultIds = 'vaultIds' in bound ? [(await vaultOf(owner)).id] : undefined;
    const key = await apiKeyOf(owner, { ...bound, vaultIds } as Partial<CreateApiKeyDto>);
    await set(owner, { allowedIps: ['10.0.0.0/8'], recoveryWindowDays: 30, leakedTokens: 'pause' });
    await expectKept(key.client, { allowedIps: null });
    await expectKept(key.client, { allowedIps: ['0.0.0.0/0'] });
    await expectKept(key.client, { recoveryWindowDays: 0 });
    await expectKept(key.client, { recoveryWindowDays: 90 });
    await expectKept(key.client, { leakedTokens: 'report' });
    await here.database.rows(`UPDATE organizations SET require_mfa = true WHERE id = $1`, [
      uuidOf('organization', owner.organizationId),
    ]);
    const switchOff = await key.client.patch(settingsOf(owner), { requireMfa: false });
    expect(expectStatus(switchOff, 403).text).toContain('"path":"requireMfa","code":"too_wide"');
  });
});

describe('changes of settings at once', () => {
  it('are made one after the other, and by nobody who has not seen the one before', async () => {
    for (let round = 0; round < 5; round++) {
      const { etag = '' } = (await owner.client.get(settingsOf(owner))).headers;
      const asked = [1, 2, 3].map((add) =>
        owner.client.patch(
          settingsOf(owner),
          { maxKeyLifetimeDays: round * 10 + add },
          { headers: { 'if-match': etag } },
        ),
      );
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 412, 412]);
    }
    expectStatus(await askToSet(owner, { maxKeyLifetimeDays: null }), 200);
  });
});
