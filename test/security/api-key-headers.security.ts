import { request as httpRequest } from 'node:http';
import { mintToken } from '@credvault/crypto/tokens.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { Client, type Reply } from '../support/client.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { expectStatus, memberOf, newAddress, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo, teamOf } from '../support/teams.js';

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
  details?: { code: string }[];
}

const errorOf = (reply: Reply): ApiError => reply.json<{ error: ApiError }>().error;

/** How many statements the database was asked for while `work` ran, by each way that reads take. */
async function lookups(work: () => Promise<Reply>): Promise<[Reply, number]> {
  const { reply, statements, transactions } = await asked(work);
  return [reply, statements.length + transactions];
}

/** What the database was asked while `work` ran: statements outside transactions, and how many of these. */
async function asked(
  work: () => Promise<Reply>,
): Promise<{ reply: Reply; statements: string[]; transactions: number }> {
  const spies = [jest.spyOn(service.database, 'execute'), jest.spyOn(service.database, 'rows')];
  const transactions = jest.spyOn(service.database, 'transaction');
  try {
    const reply = await work();
    const texts = spies.flatMap(({ mock }) => mock.calls.map(([statement]) => textOf(statement)));
    // The audit log writes whenever it likes.
    const statements = texts.filter((text) => !/audit_events|refused_requests/.test(text));
    return { reply, statements, transactions: transactions.mock.calls.length };
  } finally {
    for (const spy of [...spies, transactions]) spy.mockRestore();
  }
}

function textOf(statement: unknown): string {
  return typeof statement === 'string' ? statement : (statement as { text: string }).text;
}

describe('a token that is none', () => {
  const wrongDigit = (token: string): string => token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a');

  it('with a wrong checksum is refused without a lookup; with a right one it takes one', async () => {
    const visitor = new Client(service, { address: newAddress() });
    const use = (token: string) => (): Promise<Reply> => visitor.get('/vaults', { token });
    for (const token of [
      wrongDigit(key.key),
      wrongDigit(mintToken('cv_')),
      key.key.slice(0, -1),
      'cv_abc123',
    ]) {
      const [reply, asked] = await lookups(use(token));
      expect(expectStatus(reply, 401).text).not.toContain(token);
      expect(errorOf(reply)).toMatchObject({
        code: 'UNAUTHORIZED',
        message: 'Invalid or expired API token.',
      });
      expect(asked).toBe(0);
    }
    const [unknown, asked] = await lookups(use(mintToken('cv_')));
    expectStatus(unknown, 401);
    expect(asked).toBe(1);
  });

  it('and one that is known and warm takes none either', async () => {
    const use = (): Promise<Reply> => key.client.get('/api-keys/self');
    expectStatus(await use(), 200);
    // The one statement is that of the service, which reads the key; the door asks for nothing.
    const [reply, asked] = await lookups(use);
    expectStatus(reply, 200);
    expect(asked).toBe(1);
    const cold = await apiKeyOf(jane);
    const [, first] = await lookups(() => cold.client.get('/api-keys/self'));
    expect(first).toBe(2);
  });
});

describe('authorization adds no round trip', () => {
  let member: Person;
  let path: string;

  beforeAll(async () => {
    member = await memberOf(service, jane, 'developer');
    const vault = await vaultOf(jane);
    await grantTo(jane, vault.id, await teamOf(jane, [member]), 'editor');
    path = `/vaults/${vault.id}`;
  });

  it('to a read of a vault that is granted to a team of the caller', async () => {
    expectStatus(await member.client.get(path), 200);
    const { reply, statements, transactions } = await asked(() => member.client.get(path));
    expectStatus(reply, 200);
    expect([statements, transactions]).toEqual([[expect.stringMatching(/ FROM vaults WHERE /)], 0]);
  });

  it('to a change, before and after its body has arrived', async () => {
    const secret = await secretOf(jane, path.slice('/vaults/'.length));
    expectStatus(await member.client.get(path), 200);
    const change = (): Promise<Reply> =>
      member.client.patch(`${path}/secrets/${secret.id}`, { value: 'changed' });
    const { reply, statements, transactions } = await asked(change);
    expectStatus(reply, 200);
    expect(statements.filter((text) => /memberships|grants|api_tokens/.test(text))).toEqual([]);
    expect(transactions).toBe(1);
  });
});

describe('two credentials in one request', () => {
  const basic = (id: string, token: string): string =>
    `Basic ${Buffer.from(`${id}:${token}`).toString('base64')}`;

  /** Sends headers as often as they are given. */
  function send(headers: [string, string][]): Promise<{ status: number; text: string }> {
    const { port } = new URL(service.url);
    return new Promise((resolve, reject) => {
      const flat = [...headers, ['x-forwarded-for', jane.address], ['host', `127.0.0.1:${port}`]].flat();
      const request = httpRequest({ port, path: '/api/v1/vaults', headers: flat }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on('error', reject).end();
    });
  }

  const authorization = 'authorization';
  const combinations: [string, () => [string, string][]][] = [
    [
      'bearer and X-API-Key',
      () => [
        [authorization, `Bearer ${key.key}`],
        ['x-api-key', jane.token],
      ],
    ],
    [
      'Basic and X-API-Key',
      () => [
        [authorization, basic(key.id, key.key)],
        ['x-api-key', jane.token],
      ],
    ],
    [
      'garbage and X-API-Key',
      () => [
        [authorization, 'Token x'],
        ['x-api-key', key.key],
      ],
    ],
    [
      'two bearer tokens',
      () => [
        [authorization, `Bearer ${key.key}`],
        [authorization, `Bearer ${jane.token}`],
      ],
    ],
    [
      'one bearer token twice',
      () => [
        [authorization, `Bearer ${key.key}`],
        [authorization, `Bearer ${key.key}`],
      ],
    ],
    [
      'bearer and Basic',
      () => [
        [authorization, `Bearer ${key.key}`],
        [authorization, basic(key.id, key.key)],
      ],
    ],
    [
      'X-API-Key twice',
      () => [
        ['x-api-key', key.key],
        ['x-api-key', jane.token],
      ],
    ],
    [
      'X-API-Key twice the same',
      () => [
        ['x-api-key', key.key],
        ['x-api-key', key.key],
      ],
    ],
  ];

  it.each(combinations)('is 400: %s', async (_what, headers) => {
    const { status, text } = await send(headers());
    const { error } = JSON.parse(text) as { error: ApiError };
    expect([status, error.code, error.details?.[0]?.code]).toEqual([400, 'BAD_REQUEST', 'two_credentials']);
    for (const token of [key.key, jane.token]) expect(text).not.toContain(token);
  });

  it('is 200 where both headers bring the same one', async () => {
    const bearer: [string, string] = [authorization, `Bearer ${key.key}`];
    expect((await send([bearer, ['x-api-key', key.key]])).status).toBe(200);
    expect((await send([bearer])).status).toBe(200);
  });
});

describe('HTTP Basic', () => {
  const basicOf = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const use = (authorization: string): Promise<Reply> =>
    new Client(service, { address: newAddress() }).get('/vaults', { headers: { authorization } });

  it('takes a key under its own id', async () => {
    expectStatus(await use(basicOf(`${key.id}:${key.key}`)), 200);
  });

  it('refuses everything else, always alike', async () => {
    const foreign = await apiKeyOf(mallory);
    const refused = [
      `${publicId('apiKey', newUuid())}:${key.key}`,
      `${foreign.id}:${key.key}`,
      `${jane.tokenId}:${key.key}`,
      `${jane.userId}:${key.key}`,
      `${key.id.toUpperCase()}:${key.key}`,
      `${key.id}:${foreign.key}`,
      `${key.id}:${mintToken('cv_')}`,
      `${key.id}:${jane.token}`,
      `${key.id}:${key.key}x`,
      `x:${key.key}`,
      `${jane.userId}:${jane.session}`,
    ];
    const texts = new Set<string>();
    for (const text of refused) {
      const reply = expectStatus(await use(basicOf(text)), 401);
      expect(reply.headers['www-authenticate']).toBe('Basic realm="credvault", charset="UTF-8"');
      texts.add(reply.text.replace(/req_\w+/, ''));
    }
    expect([...texts]).toHaveLength(1);
  });

  it.each([
    ['empty', 'Basic '],
    ['without a colon', basicOf('key_without_colon')],
    ['without an id', basicOf(':token')],
    ['without a token', basicOf('key_x:')],
    ['no base64', 'Basic not*base64'],
    ['cut', 'Basic a'],
    ['endless', `Basic ${'QUJD'.repeat(2_000)}`],
  ])('that is %s is refused in the one shape of errors', async (_what, header) => {
    const reply = expectStatus(await use(header), 401);
    expect(Object.keys(reply.body as object)).toEqual(['error']);
    expect(errorOf(reply).code).toBe('UNAUTHORIZED');
    expect(errorOf(reply).message).toContain('base64 of id:token');
    expect(reply.headers['www-authenticate']).toBe('Basic realm="credvault", charset="UTF-8"');
  });
});
