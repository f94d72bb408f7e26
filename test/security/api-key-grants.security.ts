import { uuidOf } from '@credvault/database/typed-id.js';
import type { CreateApiKeyDto } from '../../apps/api/src/api-keys/api-key-requests.dto.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { Client, Reply } from '../support/client.js';
import { apiKeyOf, type TestKey } from '../support/keys.js';
import { vaultOf } from '../support/fixtures.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { grantTo } from '../support/teams.js';
import type { ErrorDetail } from '@credvault/http/domain-error.js';
import { expectRefused } from './refusals.js';

const far = '2099-01-01T00:00:00.000Z';
const soon = '2098-01-01T00:00:00.000Z';

type Fields = Partial<Omit<CreateApiKeyDto, 'expiresAt'>> & { expiresAt?: string };

let service: TestService;
let jane: Person;
let vaults: string[];

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service);
  vaults = [(await vaultOf(jane)).id, (await vaultOf(jane)).id];
});
afterAll(() => service.stop());

/** Makes a key, as `apiKeyOf` does. */
async function keyOf(person: Person, fields: Fields = {}): Promise<TestKey> {
  return apiKeyOf(person, fields as Partial<CreateApiKeyDto>);
}

/** Expects that something would grant more than its actor has, in these respects, and that nothing changed. */
async function expectTooWide(paths: string[], work: () => Promise<Reply>): Promise<ErrorDetail[]> {
  let refusal: Reply | undefined;
  await expectRefused(service, [403], async () => (refusal = await work()));
  const { error } = (refusal as Reply).json<{
    error: { code: string; message: string; details: ErrorDetail[] };
  }>();
  expect([error.code, error.message]).toEqual(['FORBIDDEN', 'Insufficient permissions for operation']);
  expect([...new Set(error.details.map(({ path }) => path))]).toEqual(paths);
  return error.details;
}

/** A respect in which one key is narrower than another: what the narrow one has, and what the wide one has. */
interface Dimension {
  path: string;
  /** Of the actor; it may manage keys. */
  own: () => Fields;
  /** Lies within `own`. */
  narrow: () => Fields;
  /** Reaches beyond `own`. */
  wide: () => Fields;
}

const scopes: Fields['scopes'] = ['key:manage', 'key:read', 'vault:read'];
const dimensions: [string, Dimension][] = [
  [
    'scopes',
    {
      path: 'scopes',
      own: () => ({ scopes }),
      narrow: () => ({ scopes: ['vault:read'] }),
      wide: () => ({ scopes: ['vault:read', 'secret:read'] }),
    },
  ],
  [
    'vaults',
    {
      path: 'vaultIds',
      own: () => ({ scopes, vaultIds: vaults.slice(0, 1) }),
      narrow: () => ({ scopes, vaultIds: vaults.slice(0, 1) }),
      wide: () => ({ scopes }),
    },
  ],
  [
    'addresses',
    {
      path: 'allowedIps',
      own: () => ({ scopes, allowedIps: ['10.0.0.0/8'] }),
      narrow: () => ({ scopes, allowedIps: ['10.1.0.0/16'] }),
      wide: () => ({ scopes, allowedIps: ['10.0.0.0/7'] }),
    },
  ],
  [
    'expiry',
    {
      path: 'expiresAt',
      own: () => ({ scopes, expiresAt: soon }),
      narrow: () => ({ scopes, expiresAt: soon }),
      wide: () => ({ scopes, expiresAt: far }),
    },
  ],
];

/** Every verb that can grant: with what is wide it must be refused, with what is narrow it must pass. */
const verbs: [string, (actor: Client, wish: Fields) => Promise<() => Promise<Reply>>][] = [
  ['create', (actor, wish) => Promise.resolve(() => actor.post('/api-keys', { name: 'New', ...wish }))],
  [
    'rotate',
    async (actor, wish) => {
      const { id } = await keyOf(jane, wish);
      return () => actor.post(`/api-keys/${id}/rotate`, {});
    },
  ],
  [
    'resume',
    async (actor, wish) => {
      const { id } = await keyOf(jane, wish);
      expectStatus(await jane.client.post(`/api-keys/${id}/pause`), 200);
      return () => actor.post(`/api-keys/${id}/resume`);
    },
  ],
];

describe('a narrower key', () => {
  describe.each(dimensions)('in %s', (_name, { path, own, narrow, wide }) => {
    let actor: Client;
    beforeAll(async () => {
      actor = (await keyOf(jane, own())).client;
    });

    it.each(verbs)('does not %s one that reaches further', async (_verb, prepare) => {
      await expectTooWide([path], await prepare(actor, wide()));
    });

    // The control: without it a refusal of everything would pass for the check.
    it.each(verbs)('does %s one that lies within', async (_verb, prepare) => {
      const { status } = await (await prepare(actor, narrow()))();
      expect([200, 201]).toContain(status);
    });

    it('does not widen one beyond itself, and does widen it up to itself', async () => {
      const { id } = await keyOf(jane, {
        ...narrow(),
        ...(path === 'scopes' ? {} : { scopes: ['key:read'] }),
      });
      const field = path as keyof Fields;
      const beyond = wide()[field] ?? null;
      await expectTooWide([path], () => actor.patch(`/api-keys/${id}`, { [field]: beyond }));
      expectStatus(await actor.patch(`/api-keys/${id}`, { [field]: own()[field] }), 200);
    });

    it('narrows, pauses and deletes one that reaches further: that takes key:manage alone', async () => {
      const { id, client } = await keyOf(jane, { ...wide(), expiresAt: wide().expiresAt ?? far });
      const at = `/api-keys/${id}`;
      const field = path as keyof Fields;
      expectStatus(await actor.patch(at, { name: 'Renamed', description: 'by a narrower key' }), 200);
      expectStatus(await actor.patch(at, { [field]: narrow()[field] }), 200);
      expectStatus(await actor.post(`${at}/pause`), 200);
      expectStatus(await client.get('/vaults'), 401);
      expectStatus(await actor.delete(at), 204);
    });
  });

  it('may take a scope that is implied out of one that it has not', async () => {
    const actor = (await keyOf(jane, { scopes: ['key:manage'] })).client;
    const { id } = await keyOf(jane, { scopes: ['secret:read'] });
    // `secret:read` had `secret:list` in it: what is left is less.
    expectStatus(await actor.patch(`/api-keys/${id}`, { scopes: ['secret:list'] }), 200);
    await expectTooWide(['scopes'], () => actor.patch(`/api-keys/${id}`, { scopes: ['secret:read'] }));
  });

  it('is held to all that a key can do once anything of it is widened', async () => {
    const actor = (await keyOf(jane, { scopes })).client;
    const { id } = await keyOf(jane, {
      scopes: ['secret:read'],
      expiresAt: soon,
      vaultIds: vaults.slice(0, 1),
    });
    for (const widened of [
      { expiresAt: far },
      { expiresAt: null },
      { vaultIds: null },
      { vaultIds: vaults },
    ]) {
      const details = await expectTooWide(['scopes'], () => actor.patch(`/api-keys/${id}`, widened));
      expect(details.map(({ message }) => message)).toEqual(['secret:read', 'secret:list']);
    }
  });

  it('does not revive or extend by a rotation what it could not make', async () => {
    const actor = (await keyOf(jane, { scopes, expiresAt: soon })).client;
    const { id } = await keyOf(jane, { scopes: ['vault:read'], expiresAt: soon });
    const at = `/api-keys/${id}/rotate`;
    for (const end of [{ expiresIn: 'never' }, { expiresAt: far }]) {
      await expectTooWide(['expiresAt'], () => actor.post(at, end));
    }
    expectStatus(await actor.post(at, { expiresAt: soon }), 200);
  });

  it('does not lift its own bounds', async () => {
    const self = await keyOf(jane, {
      scopes,
      vaultIds: vaults.slice(0, 1),
      allowedIps: ['10.0.0.0/8'],
      expiresAt: soon,
    });
    const at = `/api-keys/${self.id}`;
    const wishes: [string, object][] = [
      ['scopes', { scopes: [...(scopes ?? []), 'secret:read'] }],
      ['vaultIds', { vaultIds: null }],
      ['allowedIps', { allowedIps: null }],
      ['expiresAt', { expiresAt: null }],
    ];
    for (const [path, wish] of wishes) await expectTooWide([path], () => self.client.patch(at, wish));
    // A vault it does not know of is none, not one that is too wide.
    expectStatus(await self.client.patch(at, { vaultIds: vaults }), 400);
    expectStatus(await self.client.post(`${at}/rotate`, {}), 200);
  });

  it('without key:manage does none of it', async () => {
    const { client } = await keyOf(jane, { scopes: ['key:read', 'vault:read'] });
    const { id } = await keyOf(jane, { scopes: ['vault:read'] });
    const at = `/api-keys/${id}`;
    await expectTooWide(['scope'], () => client.post('/api-keys', { name: 'x', scopes: ['vault:read'] }));
    for (const verb of ['pause', 'resume'])
      await expectTooWide(['scope'], () => client.post(`${at}/${verb}`));
    await expectTooWide(['scope'], () => client.post(`${at}/rotate`, {}));
    await expectTooWide(['scope'], () => client.patch(at, { name: 'x' }));
    await expectTooWide(['scope'], () => client.delete(at));
  });
});

describe('a member with a narrower role', () => {
  let developer: Person;
  /** A vault that the developer manages, so that scopes alone tell them from others. */
  let own: string[];
  beforeAll(async () => {
    developer = await memberOf(service, jane, 'developer');
    own = vaults.slice(0, 1);
    await grantTo(jane, own[0] ?? '', developer, 'manager');
  });

  it.each(verbs)('does not %s a key with scopes that the role has not', async (_verb, prepare) => {
    const details = await expectTooWide(
      ['scopes'],
      await prepare(developer.client, { scopes: ['logs:read'], vaultIds: own }),
    );
    expect(details).toEqual([{ path: 'scopes', code: 'missing_scope', message: 'logs:read' }]);
    const passed = await (await prepare(developer.client, { scopes: ['secret:read'], vaultIds: own }))();
    expect([200, 201]).toContain(passed.status);
  });

  it('does not add such a scope to any key, nor by *', async () => {
    for (const owner of [jane, developer]) {
      const { id } = await keyOf(owner, { scopes: ['vault:read'], vaultIds: own });
      const at = `/api-keys/${id}`;
      await expectTooWide(['scopes'], () =>
        developer.client.patch(at, { scopes: ['vault:read', 'logs:read'] }),
      );
      const all = expectStatus(await developer.client.patch(at, { scopes: ['*'] }), 200);
      expect(all.data<{ scopes: string[] }>().scopes).not.toContain('logs:read');
    }
  });

  it.each(['viewer', 'auditor', 'billing'])('a %s manages no keys at all', async (role) => {
    const { client } = await memberOf(service, jane, role);
    const { id } = await keyOf(jane, { scopes: ['organization:read'] });
    const wish = { name: 'x', scopes: ['organization:read'] };
    await expectTooWide(['scope'], () => client.post('/api-keys', wish));
    await expectTooWide(['scope'], () => client.post(`/api-keys/${id}/rotate`, {}));
  });

  it('is measured by all that a key could do again, and its owner by what it can do now', async () => {
    const admin = await memberOf(service, jane, 'admin');
    const { id } = await keyOf(admin, { scopes: ['logs:read', 'vault:read'], vaultIds: own });
    const at = `/api-keys/${id}/rotate`;
    await expectTooWide(['scopes'], () => developer.client.post(at, {}));
    const user = uuidOf('user', admin.userId);
    await service.database.rows(`UPDATE memberships SET role = 'developer' WHERE user_id = $1`, [user]);
    await expectTooWide(['scopes'], () => developer.client.post(at, {}));
    expectStatus(await admin.client.post(at, {}), 200);
  });
});

describe('a personal token that ends', () => {
  let ending: Client;
  beforeAll(async () => {
    const reply = await jane.sessionClient.post('/api-tokens', { name: 'Ends', expiresAt: soon });
    ending = jane.client.as(expectStatus(reply, 201).data<MintedApiTokenDto>().token);
  });

  it.each(verbs)('does not %s a key that outlives it', async (_verb, prepare) => {
    for (const wish of [{ scopes }, { scopes, expiresAt: far }]) {
      await expectTooWide(['expiresAt'], await prepare(ending, wish));
    }
    const passed = await (await prepare(ending, { scopes, expiresAt: soon }))();
    expect([200, 201]).toContain(passed.status);
  });

  it('does not extend one beyond itself; a session, which is a person, does', async () => {
    const { id } = await keyOf(jane, { scopes, expiresAt: '2097-01-01T00:00:00Z' });
    for (const expiresAt of [far, null]) {
      await expectTooWide(['expiresAt'], () => ending.patch(`/api-keys/${id}`, { expiresAt }));
    }
    expectStatus(await ending.patch(`/api-keys/${id}`, { expiresAt: soon }), 200);
    expectStatus(await jane.sessionClient.patch(`/api-keys/${id}`, { expiresAt: null }), 200);
    expectStatus(await jane.sessionClient.post('/api-keys', { name: 'x', scopes }), 201);
  });
});
