import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { apiKeyOf } from '../support/keys.js';
import { joined, organizationOf, switched, type OrganizationAnswer } from '../support/organizations.js';
import { expectStatus, memberOf, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { settle, trailOf } from './audit-trail.js';

let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  person = await signUp(service, 'Jane Developer');
});
afterAll(() => service.stop());

const pathOf = (organizationId: string): string => `/organizations/${organizationId}`;

/** Who lists, and what: ids, in the order of the answer. */
async function listed(client: Person['client'], query: Record<string, string> = {}): Promise<string[]> {
  const reply = expectStatus(await client.get('/organizations', { query }), 200);
  return reply.data<OrganizationAnswer[]>().map(({ id }) => id);
}

describe('listing organizations', () => {
  it('shows where the person belongs, with role, plan and number of members', async () => {
    const other = await signUp(service, 'Somebody else');
    await joined(service, person, other.organizationId, 'viewer');
    const acme = await organizationOf(person);
    for (const client of [person.client, person.sessionClient]) {
      const reply = expectStatus(await client.get('/organizations'), 200);
      expect(reply.data<OrganizationAnswer[]>()).toEqual([
        expect.objectContaining({
          id: person.organizationId,
          name: 'Jane Developer (personal)',
          plan: 'free',
          role: 'owner',
          memberCount: 1,
          current: true,
        }),
        expect.objectContaining({ id: other.organizationId, role: 'viewer', memberCount: 2, current: false }),
        expect.objectContaining({ id: acme.id, name: 'Acme', role: 'owner', memberCount: 1, current: false }),
      ]);
      expect(reply.body).toMatchObject({ pagination: { total: 3 } });
    }
  });

  it('marks the organization that the credential acts in', async () => {
    const acme = await organizationOf(person);
    const there = await switched(person, acme.id);
    for (const client of [there.client, there.sessionClient]) {
      const reply = expectStatus(await client.get('/organizations'), 200);
      const current = reply.data<OrganizationAnswer[]>().filter((organization) => organization.current);
      expect(current.map(({ id }) => id)).toEqual([acme.id]);
    }
  });

  it('pages, searches and sorts', async () => {
    const beta = await organizationOf(person, 'Beta 100%');
    const alpha = await organizationOf(person, 'alpha');
    expect(await listed(person.client, { search: 'ALPHA' })).toEqual([alpha.id]);
    expect(await listed(person.client, { search: '0%' })).toEqual([beta.id]);
    expect(await listed(person.client, { search: '_' })).toEqual([]);
    expect(await listed(person.client, { sort: '-createdAt' })).toEqual([
      alpha.id,
      beta.id,
      person.organizationId,
    ]);
    const first = await person.client.get('/organizations', { query: { limit: 2 } });
    const { data, pagination } = first.json<{
      data: OrganizationAnswer[];
      pagination: { total: number; nextCursor: string };
    }>();
    expect([data.length, pagination.total]).toEqual([2, 3]);
    expect(await listed(person.client, { limit: '2', cursor: pagination.nextCursor })).toEqual([alpha.id]);
    expectStatus(await person.client.get('/organizations', { query: { sort: 'plan' } }), 400);
    expectStatus(await person.client.get('/organizations', { query: { role: 'owner' } }), 400);
    expect(await listed(person.client, { createdAfter: alpha.createdAt })).toEqual([]);
  });

  it('shows an API key its own organization alone, with organization:read', async () => {
    const acme = await organizationOf(person);
    const reader = await apiKeyOf(person, { scopes: ['organization:read'] });
    expect(await listed(reader.client)).toEqual([person.organizationId]);
    expectStatus(await reader.client.get(pathOf(person.organizationId)), 200);
    expectStatus(await reader.client.get(pathOf(acme.id)), 404);
    const blind = await apiKeyOf(person, { scopes: ['vault:read'] });
    for (const path of ['/organizations', pathOf(person.organizationId), pathOf(acme.id)]) {
      expect(expectStatus(await blind.client.get(path), 403).body).toMatchObject({
        error: { details: [{ code: 'missing_scope', message: 'organization:read' }] },
      });
    }
  });

  it('shows a custom role by its id, and no number of members to one that does not see them', async () => {
    const other = await signUp(service, 'Somebody else');
    const organizationId = uuidOf('organization', other.organizationId);
    const roleId = newUuid();
    await service.database.rows(
      `INSERT INTO roles (organization_id, id, name, scopes) VALUES ($1, $2, $3, $4)`,
      [organizationId, roleId, 'Deployer', ['vault:read']],
    );
    await service.database.rows(
      `INSERT INTO memberships (organization_id, user_id, role, custom_role_id) VALUES ($1, $2, 'custom', $3)`,
      [organizationId, uuidOf('user', person.userId), roleId],
    );
    const read = async (): Promise<OrganizationAnswer> =>
      expectStatus(await person.client.get(pathOf(other.organizationId)), 200).data<OrganizationAnswer>();
    expect(await read()).toMatchObject({ role: publicId('role', roleId), memberCount: null });
    await service.database.rows(`UPDATE roles SET scopes = $2 WHERE id = $1`, [
      roleId,
      ['organization:read'],
    ]);
    expect(await read()).toMatchObject({ role: publicId('role', roleId), memberCount: 2 });
  });
});

describe('making an organization', () => {
  it('makes the person its owner, who acts there after a switch', async () => {
    const reply = await person.client.post('/organizations', { name: 'Acme' });
    const acme = expectStatus(reply, 201).data<OrganizationAnswer>();
    expect(acme).toMatchObject({ name: 'Acme', plan: 'free', role: 'owner', memberCount: 1, current: false });
    expect(reply.headers['location']).toBe(`/api/v1/organizations/${acme.id}`);
    const read = expectStatus(await person.client.get(pathOf(acme.id)), 200);
    expect(read.data()).toEqual(acme);
    expect(read.headers['etag']).toBe(reply.headers['etag']);
    const there = await switched(person, acme.id);
    expectStatus(await there.client.post('/vaults', { name: 'First' }), 201);
    expect((await person.client.get('/vaults')).data()).toEqual([]);
  });

  it('is recorded in both organizations, and neither record names the other', async () => {
    const acme = await organizationOf(person);
    const there = await switched(person, acme.id);
    const [record] = await trailOf(there, { type: 'organization.created' });
    expect(record).toMatchObject({
      actor: { type: 'user', id: person.userId },
      resource: { type: 'organization', ids: [acme.id] },
    });
    const own = await trailOf(person, { type: 'organization.created' });
    expect(own).toHaveLength(1);
    expect(JSON.stringify(own)).not.toContain(acme.id);
    expect(JSON.stringify(await trailOf(there))).not.toContain(person.organizationId);
  });

  it('is not made without a record', async () => {
    await service.database.rows(`ALTER TABLE audit_events RENAME TO lost_events`);
    try {
      expectStatus(await person.client.post('/organizations', { name: 'Acme' }), 503);
    } finally {
      await service.database.rows(`ALTER TABLE lost_events RENAME TO audit_events`);
    }
    expect(await listed(person.client)).toEqual([person.organizationId]);
  });

  it('happens once for one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await person.client.post('/organizations', { name: 'Acme' }, { headers });
    const again = await person.client.post('/organizations', { name: 'Acme' }, { headers });
    expect(again.body).toEqual(expectStatus(first, 201).body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expectStatus(await person.client.post('/organizations', { name: 'Other' }, { headers }), 422);
    expect(await listed(person.client)).toHaveLength(2);
  });

  it('stops at twenty that one person owns', async () => {
    for (let owned = 1; owned < 20; owned++) await organizationOf(person, `Number ${owned}`);
    const refused = expectStatus(await person.client.post('/organizations', { name: 'One more' }), 409);
    expect(refused.text).toContain('20');
    // Where somebody is a member, others have made it.
    const other = await signUp(service, 'Somebody else');
    await joined(service, other, person.organizationId, 'viewer');
    expectStatus(await other.client.post('/organizations', { name: 'Theirs' }), 201);
  });

  it.each([[''], [' '], ['a\nb'], ['x'.repeat(201)], [null], [5], [undefined]])(
    'refuses the name %j',
    async (name) => {
      const reply = expectStatus(await person.client.post('/organizations', { name }), 400);
      const { details } = reply.json<{ error: { details: { path: string }[] } }>().error;
      expect(new Set(details.map(({ path }) => path))).toEqual(new Set(['name']));
    },
  );
});

describe('changing an organization', () => {
  it('renames the one that is acted in, under If-Match, and is recorded', async () => {
    const path = pathOf(person.organizationId);
    const { etag = '' } = (await person.client.get(path)).headers;
    const seen = { headers: { 'if-match': etag } };
    const reply = expectStatus(await person.client.patch(path, { name: 'Acme' }, seen), 200);
    expect(reply.data()).toMatchObject({ id: person.organizationId, name: 'Acme', current: true });
    expectStatus(await person.client.patch(path, { name: 'Other' }, seen), 412);
    const read = await person.client.get(path);
    expect(read.data()).toEqual(reply.data());
    expect(read.headers['etag']).toBe(reply.headers['etag']);
    expect(await trailOf(person, { type: 'organization.updated' })).toEqual([
      expect.objectContaining({
        resource: { type: 'organization', ids: [person.organizationId] },
        details: { fields: ['name'] },
      }),
    ]);
  });

  it('takes settings:modify', async () => {
    for (const role of ['developer', 'viewer', 'auditor', 'billing']) {
      const { client } = await memberOf(service, person, role);
      const reply = await client.patch(pathOf(person.organizationId), { name: 'Theirs' });
      expect(expectStatus(reply, 403).body).toMatchObject({
        error: { details: [{ code: 'missing_scope', message: 'settings:modify' }] },
      });
    }
    const admin = await memberOf(service, person, 'admin');
    expectStatus(await admin.client.patch(pathOf(person.organizationId), { name: 'Acme' }), 200);
    const key = await apiKeyOf(person, { scopes: ['settings:modify'] });
    expectStatus(await key.client.patch(pathOf(person.organizationId), { name: 'Beta' }), 200);
  });

  it('does not reach another organization, be it one’s own', async () => {
    const acme = await organizationOf(person);
    const stranger = await signUp(service, 'Somebody else');
    const unknown = publicId('organization', newUuid());
    const answers = [];
    for (const id of [acme.id, stranger.organizationId, unknown]) {
      const reply = await person.client.patch(pathOf(id), { name: 'Taken' });
      answers.push(expectStatus(reply, 404).text.replace(/req_\w+/, ''));
    }
    expect(new Set(answers).size).toBe(1);
    expect((await person.client.get(pathOf(acme.id))).data()).toMatchObject({ name: 'Acme' });
  });
});

describe('seeing an organization', () => {
  it('is for members: to others it is unknown', async () => {
    const stranger = await signUp(service, 'Somebody else');
    for (const client of [stranger.client, stranger.sessionClient]) {
      const reply = expectStatus(await client.get(pathOf(person.organizationId)), 404);
      expect(reply.body).toMatchObject({ error: { message: 'There is no such organization.' } });
    }
    await joined(service, stranger, person.organizationId, 'billing');
    expectStatus(await stranger.client.get(pathOf(person.organizationId)), 200);
    await service.database.rows(`DELETE FROM memberships WHERE organization_id = $1 AND role = 'billing'`, [
      uuidOf('organization', person.organizationId),
    ]);
    expectStatus(await stranger.client.get(pathOf(person.organizationId)), 404);
  });

  it('is recorded where the credential acts', async () => {
    expectStatus(await person.client.get('/organizations'), 200);
    expectStatus(await person.client.get(pathOf(person.organizationId)), 200);
    await settle(service);
    expect(await trailOf(person, { type: 'organization.listed' })).toHaveLength(1);
    expect(await trailOf(person, { type: 'organization.viewed' })).toHaveLength(1);
  });
});
