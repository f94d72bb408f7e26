import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Client, Reply, RequestOptions } from '../support/client.js';

/** Everything that a tenant has an id of. */
interface Ids {
  vault: string;
  secret: string;
  token: string;
  session: string;
}

interface Attack {
  name: string;
  method: string;
  path: (ids: Ids) => string;
  body?: unknown;
  query?: RequestOptions['query'];
  /** Sent with a session instead of a token. */
  session?: boolean;
}

/** Every route that takes an id. */
const attacks: Attack[] = [
  { name: 'get a vault', method: 'GET', path: ({ vault }) => `/vaults/${vault}` },
  {
    name: 'change a vault',
    method: 'PATCH',
    path: ({ vault }) => `/vaults/${vault}`,
    body: { name: 'taken over' },
  },
  { name: 'delete a vault', method: 'DELETE', path: ({ vault }) => `/vaults/${vault}` },
  { name: 'list secrets', method: 'GET', path: ({ vault }) => `/vaults/${vault}/secrets` },
  {
    name: 'list names',
    method: 'GET',
    path: ({ vault }) => `/vaults/${vault}/secrets`,
    query: { reveal: false },
  },
  {
    name: 'search secrets',
    method: 'GET',
    path: ({ vault }) => `/vaults/${vault}/secrets`,
    query: { search: 'KEY' },
  },
  {
    name: 'create a secret',
    method: 'POST',
    path: ({ vault }) => `/vaults/${vault}/secrets`,
    body: { key: 'K', value: 'v' },
  },
  { name: 'get a secret', method: 'GET', path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}` },
  {
    name: 'change a secret',
    method: 'PATCH',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}`,
    body: { value: 'x' },
  },
  {
    name: 'retype a secret',
    method: 'PATCH',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}`,
    body: { type: 'json' },
  },
  {
    name: 'delete a secret',
    method: 'DELETE',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}`,
  },
  {
    name: 'list versions',
    method: 'GET',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}/versions`,
  },
  {
    name: 'get a version',
    method: 'GET',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}/versions/1`,
  },
  {
    name: 'roll back',
    method: 'POST',
    path: ({ vault, secret }) => `/vaults/${vault}/secrets/${secret}/rollback`,
    body: { version: 1 },
  },
  {
    name: 'import',
    method: 'POST',
    path: ({ vault }) => `/vaults/${vault}/import`,
    body: { format: 'json', content: '{"KEY":"x"}', onConflict: 'overwrite' },
  },
  {
    name: 'rehearse an import',
    method: 'POST',
    path: ({ vault }) => `/vaults/${vault}/import`,
    body: { format: 'json', content: '{"KEY":"x"}', dryRun: true },
  },
  {
    name: 'export',
    method: 'GET',
    path: ({ vault }) => `/vaults/${vault}/export`,
    query: { format: 'json' },
  },
  { name: 'get a token', method: 'GET', path: ({ token }) => `/api-tokens/${token}`, session: true },
  { name: 'pause a token', method: 'POST', path: ({ token }) => `/api-tokens/${token}/pause`, session: true },
  {
    name: 'resume a token',
    method: 'POST',
    path: ({ token }) => `/api-tokens/${token}/resume`,
    session: true,
  },
  { name: 'delete a token', method: 'DELETE', path: ({ token }) => `/api-tokens/${token}`, session: true },
  {
    name: 'end a session',
    method: 'DELETE',
    path: ({ session }) => `/auth/sessions/${session}`,
    session: true,
  },
];

/** Well-formed ids that nobody has. */
const nobodys: Ids = {
  vault: publicId('vault', newUuid()),
  secret: publicId('secret', newUuid()),
  token: publicId('apiToken', newUuid()),
  session: publicId('session', newUuid()),
};

let service: TestService;
let victim: Person;
let intruder: Person;
let theirs: Ids;
let own: Ids;

beforeAll(async () => {
  service = await startTestService();
  [victim, intruder] = [await signUp(service, 'Victim'), await signUp(service, 'Intruder')];
  [theirs, own] = [await possessions(victim), await possessions(intruder)];
});
afterAll(() => service.stop());

async function possessions(person: Person): Promise<Ids> {
  const vault = (await vaultOf(person)).id;
  const secret = (
    await secretOf(person, vault, { key: 'KEY', value: `the value of ${person.name}`, notes: 'notes' })
  ).id;
  const [session] = (await person.sessionClient.get('/auth/sessions')).data<{ id: string }[]>();
  return { vault, secret, token: person.tokenId, session: String(session?.id) };
}

function attempt(person: Person, attack: Attack, ids: Ids): Promise<Reply> {
  const client: Client = attack.session ? person.sessionClient : person.client;
  const { body, query } = attack;
  return client.request(attack.method, attack.path(ids), { body, query });
}

const bare = ({ text }: Reply): string => text.replace(/req_\w+/g, 'req');

/** Everything of one tenant, as the database has it. Last uses are left out: they move by themselves. */
async function possessionsOf(person: Person): Promise<string> {
  const tables = [
    'vaults',
    'secrets',
    'secret_versions',
    'data_keys',
    'api_tokens',
    'sessions',
    'memberships',
    'secret_imports',
  ];
  const parts = tables.map(async (table) => {
    const rows = await service.database.rows<{ row: string }>(
      `SELECT (to_jsonb(t) - 'last_used_at')::text AS row FROM ${table} t JOIN organizations o ON o.id = t.organization_id
       JOIN memberships m ON m.organization_id = o.id JOIN users u ON u.id = m.user_id WHERE u.email = $1 ORDER BY 1`,
      [person.email],
    );
    return `${table}: ${rows.map(({ row }) => row).join('\n')}`;
  });
  return (await Promise.all(parts)).join('\n');
}

describe('the ids of another tenant', () => {
  it.each(attacks.map((attack) => [attack.name, attack] as const))(
    'are answered as unknown ones: %s',
    async (_name, attack) => {
      const before = await possessionsOf(victim);
      const foreign = expectStatus(await attempt(intruder, attack, theirs), 404);
      const unknown = expectStatus(await attempt(intruder, attack, nobodys), 404);
      expect(bare(foreign)).toBe(bare(unknown));
      expect(Object.keys(foreign.headers).sort()).toEqual(Object.keys(unknown.headers).sort());
      expect(await possessionsOf(victim)).toBe(before);
    },
  );

  it.each(
    attacks
      .filter(({ path }) => path({ ...nobodys, vault: '' }).includes('secrets/'))
      .map((attack) => [attack.name, attack] as const),
  )("are not found behind a vault of one's own: %s", async (_name, attack) => {
    const before = await possessionsOf(victim);
    const mixed = expectStatus(await attempt(intruder, attack, { ...theirs, vault: own.vault }), 404);
    const unknown = expectStatus(await attempt(intruder, attack, { ...nobodys, vault: own.vault }), 404);
    expect(bare(mixed)).toBe(bare(unknown));
    expectStatus(await attempt(intruder, attack, { ...own, vault: theirs.vault }), 404);
    expect(await possessionsOf(victim)).toBe(before);
  });

  it('of another kind are unknown too', async () => {
    for (const attack of attacks) {
      const confused = { vault: own.secret, secret: own.vault, token: own.session, session: own.token };
      const reply = await attempt(intruder, attack, confused);
      expect([attack.name, reply.status]).toEqual([attack.name, 404]);
    }
  });
});

describe('what belongs to another tenant', () => {
  /** Somebody whose own trail does not name the ids they tried. */
  let outsider: Person;
  beforeAll(async () => {
    outsider = await signUp(service, 'Outsider');
    await vaultOf(outsider);
  });

  it('is in no list', async () => {
    for (const [client, path] of [
      [outsider.client, '/vaults'],
      [outsider.client, '/audit-events'],
      [outsider.sessionClient, '/api-tokens'],
      [outsider.sessionClient, '/auth/sessions'],
    ] as const) {
      const { text } = expectStatus(await client.get(path, { query: { limit: 1_000 } }), 200);
      for (const id of [
        theirs.vault,
        theirs.secret,
        theirs.token,
        theirs.session,
        victim.userId,
        victim.organizationId,
      ]) {
        expect(text).not.toContain(id);
      }
    }
  });

  it('is found by no filter of the trail', async () => {
    const filters: [name: string, id: string][] = [
      ['actor', victim.userId],
      ['resource', theirs.vault],
      ['resource', theirs.secret],
      ['resource', theirs.token],
    ];
    for (const [name, id] of filters) {
      const options = { query: { [name]: id } };
      expect(expectStatus(await outsider.client.get('/audit-events', options), 200).data()).toEqual([]);
      expect((await victim.client.get('/audit-events', options)).data<unknown[]>()).not.toEqual([]);
    }
  });

  it('is not reached by a cursor of theirs', async () => {
    await vaultOf(victim);
    await secretOf(victim, theirs.vault);
    const lists: [string, string, (person: Person) => Client][] = [
      ['/vaults', '/vaults', ({ client }) => client],
      [`/vaults/${theirs.vault}/secrets`, `/vaults/${own.vault}/secrets`, ({ client }) => client],
      ['/audit-events', '/audit-events', ({ client }) => client],
    ];
    for (const [theirPath, ownPath, clientOf] of lists) {
      const page = expectStatus(await clientOf(victim).get(theirPath, { query: { limit: 1 } }), 200);
      const cursor = page.json<{ pagination: { nextCursor: string } }>().pagination.nextCursor;
      expectStatus(await clientOf(victim).get(theirPath, { query: { limit: 1, cursor } }), 200);
      expectStatus(await clientOf(intruder).get(ownPath, { query: { limit: 1, cursor } }), 400);
    }
  });

  it("is not replayed for somebody else's Idempotency-Key", async () => {
    const headers = { 'idempotency-key': 'the-same-for-both' };
    const first = expectStatus(await victim.client.post('/vaults', { name: 'Same' }, { headers }), 201);
    const other = expectStatus(await intruder.client.post('/vaults', { name: 'Same' }, { headers }), 201);
    expect(other.headers['idempotency-replayed']).toBeUndefined();
    expect(other.data<{ id: string }>().id).not.toBe(first.data<{ id: string }>().id);
  });

  it('is not in the reach of an instance administrator either', async () => {
    const [row] = await service.database.rows<{ email: string }>(
      `SELECT email FROM users WHERE is_superuser`,
    );
    expect(row?.email).toBe(victim.email);
    expectStatus(await victim.client.get(`/vaults/${own.vault}/secrets/${own.secret}`), 404);
    expectStatus(await victim.client.get(`/vaults/${own.vault}`), 404);
  });
});

describe('these checks', () => {
  it('would notice an answer: the owner is not told 404', async () => {
    for (const attack of attacks.filter(({ method }) => method === 'GET')) {
      const reply = await attempt(victim, attack, theirs);
      expect([attack.name, reply.status]).toEqual([attack.name, 200]);
    }
  });

  it('would notice a change', async () => {
    const before = await possessionsOf(victim);
    expect(before).toContain('secret_versions: {');
    expectStatus(
      await victim.client.patch(`/vaults/${theirs.vault}/secrets/${theirs.secret}`, { type: 'json' }),
      200,
    );
    expect(await possessionsOf(victim)).not.toBe(before);
  });
});
