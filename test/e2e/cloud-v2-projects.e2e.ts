import { Database } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import type { Reply } from '../support/client.js';
import { expectStatus, memberOf, signUp, type Person } from '../support/people.js';
import { joined } from '../support/organizations.js';
import { projectOf } from '../support/projects.js';
import { startTestService, type TestService } from '../support/service.js';
import { ask, get, send } from './cloud-v2-requests.js';

let service: TestService;
/** Somebody of another organization. */
let root: Person;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  root = await signUp(service, 'Root Administrator');
});
beforeEach(async () => {
  jane = await signUp(service, 'Jane Developer');
});
afterAll(() => service?.stop());

describe('projects', () => {
  it('are made, shown as far as they are granted, and given to people', async () => {
    const bob = await memberOf(service, jane, 'developer');
    const body = {
      name: 'Web shop',
      organization_id: jane.organizationId,
      region: 'eu-central-1',
      backup_location: { location_type: 's3', location: 's3://backups' },
    };
    const made = expectStatus(await send(jane, 'POST', '/projects/', body), 201).json<{ id: string }>();
    expect(made).toMatchObject(body);
    expect((await get(jane, `/organizations/${jane.organizationId}/`)).body).toMatchObject({
      project_count: 1,
    });
    expect((await get(bob, '/projects/')).body).toEqual([]);
    expectStatus(await get(bob, `/projects/${made.id}`), 404);
    const users = `/projects/${made.id}/users/`;
    const role = { project_id: made.id, role_fqn: 'project_member' };
    const added = await send(jane, 'POST', users, { user: bob.email, role_fqn: 'project_member' });
    expect(added.body).toEqual({
      ...role,
      user: bob.email,
      user_id: bob.userId,
      added: true,
      invited: false,
    });
    expect((await get(bob, '/users/me')).body).toMatchObject({ project_roles: [role] });
    expect((await get(bob, users)).body).toEqual([
      expect.objectContaining({ uid: bob.userId, project_roles: [role] }),
    ]);
    expectStatus(await send(bob, 'PATCH', `/projects/${made.id}`, { name: 'Mine' }), 403);
    expectStatus(await send(jane, 'POST', users, { user: bob.userId, role_fqn: 'project_admin' }), 200);
    const renamed = await send(bob, 'PATCH', `/projects/${made.id}`, { name: 'Ours' });
    expect(renamed.body).toMatchObject({ ...body, name: 'Ours' });
    const people = (await get(jane, '/users')).json<{ uid: string; project_roles: object[] }[]>();
    expect(people.find(({ uid }) => uid === bob.userId)?.project_roles).toEqual([
      { project_id: made.id, role_fqn: 'project_admin' },
    ]);
    const ann = await memberOf(service, jane, 'viewer');
    const seen = (await get(ann, '/users')).json<{ project_roles: object[] }[]>();
    expect(seen.flatMap((person) => person.project_roles)).toEqual([]);
    const both = ['project_member', 'project_admin'].map((role_fqn) =>
      send(jane, 'POST', users, { user: ann.userId, role_fqn }),
    );
    for (const reply of await Promise.all(both)) expectStatus(reply, 200);
    expect((await get(jane, users)).json<object[]>()).toHaveLength(2);
    expect(await levelOf(ann, made.id)).toMatch(/^(manager|editor)$/);
    const grants = `/projects/${made.id}/grants`;
    const reader = await memberOf(service, jane, 'developer');
    expectStatus(await jane.client.post(grants, { memberId: reader.userId, level: 'reader' }), 201);
    expectStatus(await send(jane, 'POST', users, { user: reader.userId, role_fqn: 'project_member' }), 200);
    expect(await levelOf(reader, made.id)).toBe('editor');
    expectStatus(await send(jane, 'DELETE', `${users}${reader.userId}`), 204);
    expectStatus(await send(jane, 'DELETE', `${users}${reader.userId}`), 404);
    expectStatus(await send(jane, 'DELETE', `${users}${bob.email}/`), 204);
    expectStatus(await get(bob, `/projects/${made.id}`), 404);
    expectStatus(await send(jane, 'POST', users, { user: root.email, role_fqn: 'project_member' }), 404);
    expectStatus(await send(jane, 'DELETE', `/projects/${made.id}/`), 204);
  });

  it('are counted in every organization as far as one sees them there', async () => {
    const bob = await memberOf(service, jane, 'developer');
    for (const name of ['One', 'Two']) await projectOf(jane, { name });
    const project = await projectOf(jane);
    expectStatus(
      await jane.client.post(`/projects/${project.id}/grants`, { memberId: bob.userId, level: 'reader' }),
      201,
    );
    const elsewhere = await signUp(service, 'Bob elsewhere');
    await joined(service, elsewhere, jane.organizationId, 'admin');
    for (const [person, count] of [
      [bob, 1],
      [elsewhere, 3],
    ] as const) {
      const seen = (await get(person, '/organizations/')).json<{ id: string; project_count: number }[]>();
      const there = seen.find(({ id }) => id === jane.organizationId);
      expect(there?.project_count).toBe(count);
    }
  });

  /** How far a project is granted to somebody by themselves. */
  async function levelOf({ userId }: Person, projectId: string): Promise<string | undefined> {
    const reply = await jane.client.get(`/projects/${projectId}/grants`);
    const found = expectStatus(reply, 200).data<{ level: string; grantee: { id: string } }[]>();
    return found.find(({ grantee }) => grantee.id === userId)?.level;
  }
});

describe('lists', () => {
  it('ask the database as often for many as for few', async () => {
    const organizationId = uuidOf('organization', jane.organizationId);
    const fill = (from: number, to: number): Promise<unknown> =>
      service.database.rows(
        `WITH n AS (SELECT generate_series($4::int, $5::int) AS n),
           role AS (INSERT INTO roles (organization_id, id, name, scopes)
             SELECT $1, gen_random_uuid(), 'Role ' || n, ARRAY['team:manage'] FROM n RETURNING id, name),
           place AS (INSERT INTO organizations (id, name, plan) SELECT gen_random_uuid(), 'Place ' || n, 'free' FROM n RETURNING id),
           own AS (INSERT INTO memberships (organization_id, user_id, role) SELECT id, $2, 'owner' FROM place)
         INSERT INTO invitations (organization_id, id, email, role, custom_role_id, digest, invited_by, expires_at)
         SELECT $1, gen_random_uuid(), id || '@example.com', 'custom', id, decode(md5($3 || id), 'hex'), $2, now() + '1 day' FROM role`,
        [organizationId, uuidOf('user', jane.userId), jane.email, from, to],
      );
    const paths = [
      `/organizations/${jane.organizationId}/invitations`,
      '/organizations',
      '/users/me',
      '/users',
    ];
    await fill(1, 2);
    for (const path of paths) await get(jane, path);
    const few = await statementsFor(paths);
    await fill(3, 20);
    expect(await statementsFor(paths)).toEqual(few);
    const invited = (await get(jane, paths[0] ?? '')).json<{ role_fqn: string }[]>();
    expect(invited.map(({ role_fqn }) => role_fqn)).toEqual(Array(20).fill('org_admin'));
  });

  it('hold 1,000 open invitations and no more, however they are made', async () => {
    const organizationId = uuidOf('organization', jane.organizationId);
    await service.database.rows(
      `INSERT INTO invitations (organization_id, id, email, role, digest, invited_by, expires_at)
       SELECT $1, gen_random_uuid(), n || '@example.com', 'viewer', decode(md5($3 || n), 'hex'), $2,
         now() + CASE WHEN n > 1000 THEN interval '-1 day' ELSE '1 day' END
       FROM generate_series(1, 1010) n`,
      [organizationId, uuidOf('user', jane.userId), jane.email],
    );
    const path = `/organizations/${jane.organizationId}`;
    const invite = (email: string): Promise<Reply> =>
      send(jane, 'POST', `${path}/users`, { user: email, role_fqn: 'org_member' });
    expect(expectStatus(await invite('one.more@example.com'), 409).text).toContain('1000 open invitations');
    const one = { email: 'one.more@example.com', role: 'viewer' };
    expectStatus(await jane.client.post(`${path}/invitations`, one), 409);
    expectStatus(await invite('7@example.com'), 200);
    expect((await get(jane, `${path}/invitations`)).json<object[]>()).toHaveLength(1_010);
    const [open] = (await jane.client.get(`${path}/invitations`)).data<{ id: string }[]>();
    expectStatus(await send(jane, 'DELETE', `${path}/invitations/${open?.id ?? ''}`), 204);
    expectStatus(await invite('one.more@example.com'), 200);
  });

  /** How many statements outside of transactions each of these takes. */
  async function statementsFor(paths: string[]): Promise<Record<string, number>> {
    const database = service.app.get(Database, { strict: false });
    const rows = database.rows.bind(database);
    const counts: Record<string, number> = {};
    for (const path of paths) {
      let count = 0;
      database.rows = (sql, values) => {
        count += 1;
        return rows(sql, values);
      };
      try {
        expectStatus(await get(jane, path), 200);
      } finally {
        database.rows = rows;
      }
      counts[path] = count;
    }
    return counts;
  }
});

describe('subscriptions and customers', () => {
  it('are asked for and described, and change no plan', async () => {
    const place = { organization_id: jane.organizationId };
    const made = await send(jane, 'POST', '/subscriptions/', { type: 'contract', ...place });
    const { id } = expectStatus(made, 201).json<{ id: string }>();
    expect(made.body).toMatchObject({ ...place, plan: 'free', state: 'requested', active: true });
    expect((await get(jane, `/subscriptions/${id}`)).body).toEqual(made.body);
    expectStatus(await send(jane, 'DELETE', `/subscriptions/${id}/`), 204);
    expect((await get(jane, '/subscriptions/', place)).body).toEqual([
      expect.objectContaining({ id, plan: 'free', state: 'active' }),
    ]);
    const customer = `/organizations/${jane.organizationId}/customer/`;
    expectStatus(await get(jane, customer), 404);
    const who = {
      name: 'Acme',
      email: 'bills@example.com',
      phone: '+43 5572 1',
      country: 'AT',
      city: 'Graz',
      line1: 'A 1',
    };
    expectStatus(
      await send(jane, 'PUT', customer, { ...who, postal_code: '8010', tax_id_type: 'eu_vat' }),
      400,
    );
    expectStatus(await send(jane, 'PUT', customer, { ...who, postal_code: '8010' }), 200);
    expect((await get(jane, customer)).body).toEqual({
      name: 'Acme',
      email: 'bills@example.com',
      phone: '+43 5572 1',
      address: { country: 'AT', city: 'Graz', line1: 'A 1', line2: null, postal_code: '8010' },
      tax: { tax_id: null, tax_id_type: null },
    });
  });
});

describe('what the version before this one keeps of mails', () => {
  it.each([
    ['makes', `INSERT INTO cloud_organizations (organization_id, notifications_enabled) VALUES ($1, false)`],
    ['changes', `UPDATE cloud_organizations SET notifications_enabled = false WHERE organization_id = $1`],
  ])('counts here when it %s it meanwhile', async (what, sql) => {
    const path = `/organizations/${jane.organizationId}`;
    if (what === 'changes') expectStatus(await send(jane, 'PUT', path, { email: 'a@example.com' }), 200);
    expect((await get(jane, path)).body).toMatchObject({ notifications_enabled: true });
    await service.database.rows(sql, [uuidOf('organization', jane.organizationId)]);
    expect((await get(jane, path)).body).toMatchObject({ notifications_enabled: false });
    expectStatus(await send(jane, 'PUT', path, { notifications_enabled: true }), 200);
    expectStatus(await send(jane, 'PUT', path, { email: null }), 200);
    expect((await get(jane, path)).body).toMatchObject({ notifications_enabled: true, email: null });
  });
});

describe('configurations', () => {
  it('are kept for oneself, or for the organization by whoever may change it', async () => {
    const bob = await memberOf(service, jane, 'developer');
    const place = { organization_id: jane.organizationId };
    const put = (person: Person, body: object): Promise<Reply> =>
      send(person, 'PUT', '/configurations/console.theme/', body);
    for (const value of ['dark', 5, null, [1, { deep: true }], { a: 'b' }])
      expect(expectStatus(await put(jane, { value }), 200).body).toEqual({
        key: 'console.theme',
        value,
        ...place,
        user_id: jane.userId,
      });
    expectStatus(await put(bob, { value: 'light', ...place }), 403);
    expectStatus(await put(jane, { value: 'light', ...place }), 200);
    expect((await get(bob, '/configurations/console.theme', place)).body).toMatchObject({ value: 'light' });
    expectStatus(await get(bob, '/configurations/console.theme'), 404);
    expect((await get(jane, '/configurations/')).json<object[]>()).toHaveLength(1);
    expectStatus(await put(jane, { value: 'x'.repeat(9_000) }), 400);
    const raw = { raw: '{"value":[1,1e400]}' };
    const endless = await ask(jane.client, 'PUT', '/configurations/console.theme', raw);
    expect(expectStatus(endless, 400).body).toMatchObject({
      errors: { 'value[1]': ['value[1] is too large'] },
    });
    expectStatus(await put(jane, { value: null }), 200);
    expectStatus(await get(jane, '/configurations/console.theme'), 404);
    expectStatus(await put(jane, { value: null }), 200);
    expectStatus(await put(jane, { value: 1, user_id: bob.userId }), 404);
    expectStatus(await send(jane, 'PUT', '/configurations/a%20b/', { value: 1 }), 400);
  });
});
