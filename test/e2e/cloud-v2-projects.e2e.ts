import type { Reply } from '../support/client.js';
import { expectStatus, memberOf, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { get, send } from './cloud-v2-requests.js';

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
    expectStatus(await send(jane, 'DELETE', `${users}${bob.email}/`), 204);
    expectStatus(await get(bob, `/projects/${made.id}`), 404);
    expectStatus(await send(jane, 'POST', users, { user: root.email, role_fqn: 'project_member' }), 404);
    expectStatus(await send(jane, 'DELETE', `/projects/${made.id}/`), 204);
  });
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
    expectStatus(await put(jane, { value: 1, user_id: bob.userId }), 404);
    expectStatus(await send(jane, 'PUT', '/configurations/a%20b/', { value: 1 }), 400);
  });
});
