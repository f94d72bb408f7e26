import { newUuid, publicId } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { expectRefused } from './refusals.js';

let service: TestService;
let jane: Person;
let mallory: Person;
let key: TestKey;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
  mallory = await signUp(service);
  key = await apiKeyOf(jane, { scopes: ['vault:read'] });
});
afterAll(() => service.stop());

interface ApiError {
  code: string;
  message: string;
  details?: { path: string; code: string; message: string }[];
}

const errorOf = (reply: Reply): ApiError => reply.json<{ error: ApiError }>().error;

/** Expects a refusal that changes nothing and names the field it is about. */
async function expectBad(path: string, work: () => Promise<Reply>): Promise<void> {
  let reply: Reply | undefined;
  await expectRefused(service, [400], async () => (reply = await work()));
  const { code, details = [] } = errorOf(reply as Reply);
  expect([code, [...new Set(details.map((detail) => detail.path))]]).toEqual(['BAD_REQUEST', [path]]);
}

const good = { name: 'Good', scopes: ['vault:read'] };
const long = 'x'.repeat(10_000);
const badBlocks = [
  '10.0.0.1/8',
  '10.0.0.0/33',
  '010.0.0.0/8',
  '::ffff:10.0.0.0/104',
  'fe80::1%eth0',
  '10/8',
  'all',
];

const badFields: [string, object][] = [
  ['name', { name: long }],
  ['name', { name: '' }],
  ['name', { name: 'a\u0000b' }],
  ['name', { name: null }],
  ['description', { description: long }],
  ['scopes', { scopes: ['vault:destroy'] }],
  ['scopes', { scopes: ['vault:*'] }],
  ['scopes', { scopes: [] }],
  ['scopes', { scopes: 'vault:read' }],
  ['scopes', { scopes: ['vault:read', 'vault:read'] }],
  ['scopes', { scopes: ['__proto__'] }],
  ['expiresAt', { expiresAt: '2001-01-01T00:00:00Z' }],
  ['expiresAt', { expiresAt: '2099-01-01' }],
  ['expiresAt', { expiresAt: 'next year' }],
  ['allowedIps', { allowedIps: [] }],
  ['allowedIps', { allowedIps: ['10.0.0.0/8', '10.0.0.0/8'] }],
  ['vaultIds', { vaultIds: [] }],
  ['vaultIds.0', { vaultIds: ['everything'] }],
  ['vaultIds.0', { vaultIds: [publicId('vault', newUuid())] }],
  ['owner', { owner: 'me' }],
  ...badBlocks.map((block): [string, object] => ['allowedIps.0', { allowedIps: [block] }]),
];

describe('a key', () => {
  it.each(badFields)('is not made with a bad %s: %j', async (path, fields) => {
    await expectBad(path, () => jane.client.post('/api-keys', { ...good, ...fields }));
  });

  it.each(badFields)('is not changed to a bad %s: %j', async (path, fields) => {
    await expectBad(path, () => jane.client.patch(`/api-keys/${key.id}`, fields));
  });

  it.each([
    ['expiresIn', { expiresIn: '2y' }],
    ['expiresIn', { expiresIn: null }],
    ['expiresAt', { expiresIn: '30d', expiresAt: '2099-01-01T00:00:00Z' }],
    ['expiresAt', { expiresIn: 'never', expiresAt: '2099-01-01T00:00:00Z' }],
  ])('is neither made nor rotated with a bad %s: %j', async (path, fields) => {
    await expectBad(path, () => jane.client.post('/api-keys', { ...good, ...fields }));
    await expectBad(path, () => jane.client.post(`/api-keys/${key.id}/rotate`, fields));
  });

  it('is not narrowed to a vault of somebody else, which is as unknown as one that is not there', async () => {
    const foreign = await vaultOf(mallory);
    const texts: string[] = [];
    for (const id of [foreign.id, publicId('vault', newUuid())]) {
      const reply = await jane.client.post('/api-keys', { ...good, vaultIds: [id] });
      texts.push(expectStatus(reply, 400).text.replace(/req_\w+/, ''));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('takes the longest name there may be', async () => {
    expectStatus(await jane.client.post('/api-keys', { ...good, name: 'x'.repeat(200) }), 201);
    await expectBad('name', () => jane.client.post('/api-keys', { ...good, name: 'x'.repeat(201) }));
  });
});

describe("somebody else's key", () => {
  it('is not found, by any verb, and stays as it is', async () => {
    const texts = async (id: string): Promise<string[]> => {
      const at = `/api-keys/${id}`;
      const { client } = mallory;
      const works = [
        () => client.get(at),
        () => client.patch(at, { name: 'Mine' }),
        () => client.delete(at),
        () => client.post(`${at}/pause`),
        () => client.post(`${at}/resume`),
        () => client.post(`${at}/rotate`, {}),
        () => client.post(`${at}/test`),
        () => client.post(`${at}/test-permission`, { scope: 'vault:read' }),
        () => client.get(`${at}/usage`),
        () => client.get(`${at}/usage/summary`),
        () => client.get(`${at}/usage/${publicId('auditEvent', newUuid())}`),
      ];
      const answers: string[] = [];
      for (const work of works) {
        await expectRefused(service, [404], async () => {
          const reply = await work();
          answers.push(reply.text.replace(/req_\w+/, ''));
          return reply;
        });
      }
      return answers;
    };
    const foreign = await texts(key.id);
    expect(foreign).toEqual(await texts(publicId('apiKey', newUuid())));
    expect(foreign).toEqual(await texts('key_x'));
    expectStatus(await key.client.get('/vaults'), 200);
  });
});
