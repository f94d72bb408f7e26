import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { vaultOf } from '../support/fixtures.js';
import { organizationOf } from '../support/organizations.js';
import { expectStatus, newEmail, signUp, type Person } from '../support/people.js';
import { memberCases } from './member-cases.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

function byJane({ jane }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: {} });
}

function onOrganization({ jane }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: { organizationId: jane.organizationId } });
}

async function byNewcomer({ service }: World): Promise<PreparedRequest> {
  return { person: await signUp(service, 'Newcomer'), params: {} };
}

/** The same case with a body. */
function withBody(base: Case, body: Record<string, unknown>, otherBody?: Record<string, unknown>): Case {
  return async (world) => ({ ...(await base(world)), body, otherBody });
}

async function onKey({ jane }: World): Promise<PreparedRequest> {
  const reply = await jane.sessionClient.post('/api-tokens', { name: 'Laptop' });
  return { person: jane, params: { tokenId: expectStatus(reply, 201).data<{ id: string }>().id } };
}

/** The public id of a new member of Jane's organization, who has nothing but the membership: written by SQL. */
async function memberOf({ service, jane }: World): Promise<string> {
  const id = newUuid();
  await service.database.rows(
    `WITH somebody AS (
       INSERT INTO users (id, email, name, password_hash) VALUES ($1, $2, 'Somebody', 'none') RETURNING id
     )
     INSERT INTO memberships (organization_id, user_id, role) SELECT $3, id, 'developer' FROM somebody`,
    [id, newEmail(), uuidOf('organization', jane.organizationId)],
  );
  return publicId('user', id);
}

/** An organization that may be deleted: it is empty, and its owner has another one. */
async function onEmptyOrganization(world: World): Promise<PreparedRequest> {
  const { person } = await byNewcomer(world);
  await organizationOf(person);
  return { person, params: { organizationId: person.organizationId } };
}

async function onInvitation({ jane }: World): Promise<PreparedRequest> {
  const path = `/organizations/${jane.organizationId}/invitations`;
  const reply = await jane.client.post(path, { email: newEmail(), role: 'developer' });
  const { id } = expectStatus(reply, 201).data<{ id: string }>();
  return { person: jane, params: { organizationId: jane.organizationId, invitationId: id } };
}

const customer = {
  name: 'Acme Incorporated',
  email: 'billing@example.com',
  phone: '+43 5572 123456',
  country: 'AT',
  city: 'Dornbirn',
  line1: 'Bahnhofstrasse 1',
  postal_code: '6850',
  tax_id: 'ATU12345678',
  tax_id_type: 'eu_vat',
};

async function onCustomer(world: World): Promise<PreparedRequest> {
  const prepared = await onOrganization(world);
  const path = `/api/v2/organizations/${prepared.params.organizationId}/customer`;
  expectStatus(await prepared.person.client.request('PUT', path, { fromRoot: true, body: customer }), 200);
  return prepared;
}

/** Makes a project of a person by this API. */
export async function cloudProjectOf(person: Person): Promise<string> {
  const body = { name: 'Web shop', organization_id: person.organizationId };
  const reply = await person.client.post('/api/v2/projects/', body, { fromRoot: true });
  return expectStatus(reply, 201).json<{ id: string }>().id;
}

async function onProject({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { projectId: await cloudProjectOf(jane) } };
}

async function onProjectUser(world: World): Promise<PreparedRequest> {
  const { person, params } = await onProject(world);
  const user = await memberOf(world);
  const path = `/api/v2/projects/${params.projectId}/users`;
  const body = { user, role_fqn: 'project_member' };
  expectStatus(await person.client.post(path, body, { fromRoot: true }), 200);
  return { person, params: { projectId: params.projectId ?? '', idOrEmail: user } };
}

function onSubscription({ jane }: World): Promise<PreparedRequest> {
  const subscriptionId = publicId('subscription', uuidOf('organization', jane.organizationId) ?? '');
  return Promise.resolve({ person: jane, params: { subscriptionId } });
}

async function onConfiguration({ jane }: World): Promise<PreparedRequest> {
  const configurationKey = 'console.theme';
  const path = `/api/v2/configurations/${configurationKey}`;
  expectStatus(await jane.client.request('PUT', path, { fromRoot: true, body: { value: 'dark' } }), 200);
  return { person: jane, params: { configurationKey } };
}

/** How each operation of the cloud-style API is used rightly, as `casesByOperation` for `/api/v1`. */
export const cloudCases: Record<string, Case> = {
  'v2.getCurrentUser': byJane,
  'v2.updateCurrentUser': async (world) => ({ ...(await byNewcomer(world)), body: { email: newEmail() } }),
  'v2.acceptInvitation': (world) => {
    const asGuest = memberCases['acceptOwnInvitation'];
    if (!asGuest) throw new Error('Nobody accepts an invitation.');
    return asGuest(world);
  },
  'v2.listApiKeys': byJane,
  'v2.createApiKey': byJane,
  'v2.getApiKey': onKey,
  'v2.updateApiKey': withBody(onKey, { active: false }),
  'v2.deleteApiKey': onKey,
  'v2.listUsers': byJane,
  'v2.deleteUser': async (world) => ({ person: world.jane, params: { uid: await memberOf(world) } }),
  'v2.listRoles': byJane,
  'v2.listOrganizations': byJane,
  'v2.createOrganization': withBody(
    byNewcomer,
    { name: 'Acme', plan_type: 1 },
    { name: 'Other', plan_type: 1 },
  ),
  'v2.getOrganization': onOrganization,
  'v2.updateOrganization': withBody(onOrganization, { name: 'Acme Incorporated' }),
  'v2.deleteOrganization': onEmptyOrganization,
  'v2.listOrganizationUsers': onOrganization,
  'v2.addOrganizationUser': async (world) => ({
    ...(await onOrganization(world)),
    body: { user: newEmail(), role_fqn: 'org_member' },
    otherBody: { user: newEmail(), role_fqn: 'org_member' },
  }),
  'v2.removeOrganizationUser': async (world) => ({
    person: world.jane,
    params: { organizationId: world.jane.organizationId, idOrEmail: await memberOf(world) },
  }),
  'v2.listInvitations': onOrganization,
  'v2.deleteInvitation': onInvitation,
  'v2.listAuditLogs': onOrganization,
  'v2.getCustomer': onCustomer,
  'v2.putCustomer': withBody(onOrganization, customer),
  'v2.listOrganizationProjects': onOrganization,
  'v2.listOrganizationSubscriptions': onOrganization,
  'v2.listQuotas': onOrganization,
  'v2.listProjects': byJane,
  'v2.createProject': ({ jane }) =>
    Promise.resolve({
      person: jane,
      params: {},
      body: { name: 'Web shop', organization_id: jane.organizationId },
      otherBody: { name: 'Other', organization_id: jane.organizationId },
    }),
  'v2.getProject': onProject,
  'v2.updateProject': withBody(onProject, { name: 'Web shop (EU)' }),
  'v2.deleteProject': onProject,
  'v2.listProjectUsers': onProject,
  'v2.addProjectUser': async (world) => {
    const user = await memberOf(world);
    return {
      ...(await onProject(world)),
      body: { user, role_fqn: 'project_member' },
      otherBody: { user, role_fqn: 'project_admin' },
    };
  },
  'v2.removeProjectUser': onProjectUser,
  'v2.listSubscriptions': byJane,
  'v2.createSubscription': ({ jane }) =>
    Promise.resolve({
      person: jane,
      params: {},
      body: { type: 'contract', organization_id: jane.organizationId },
      // One that says the same is another one, too.
      otherBody: { organization_id: jane.organizationId, type: 'contract' },
    }),
  'v2.getSubscription': onSubscription,
  'v2.deleteSubscription': onSubscription,
  'v2.listConfigurations': byJane,
  'v2.getConfiguration': onConfiguration,
  'v2.putConfiguration': withBody(onConfiguration, { value: { theme: 'dark' } }),
  'v2.getMeta': byJane,
  'v2.getIpAddress': byJane,
};

/** What makes an operation answer 409, where it does so by itself. */
export const cloudConflicts: Record<string, Case> = {
  'v2.deleteOrganization': ({ mallory }) =>
    Promise.resolve({ person: mallory, params: { organizationId: mallory.organizationId } }),
  'v2.addOrganizationUser': ({ mallory }) =>
    Promise.resolve({
      person: mallory,
      params: { organizationId: mallory.organizationId },
      body: { user: mallory.email.toUpperCase(), role_fqn: 'org_member' },
    }),
  'v2.removeOrganizationUser': ({ mallory }) =>
    Promise.resolve({
      // Leaving takes a session.
      person: { ...mallory, token: mallory.session },
      params: { organizationId: mallory.organizationId, idOrEmail: mallory.email },
    }),
  'v2.deleteUser': ({ mallory }) =>
    Promise.resolve({ person: { ...mallory, token: mallory.session }, params: { uid: mallory.userId } }),
  'v2.deleteProject': async (world) => {
    const prepared = await onProject(world);
    await vaultOf(world.jane, { projectId: prepared.params.projectId });
    return prepared;
  },
  'v2.putConfiguration': async ({ service, mallory }) => {
    await service.database.rows(
      `INSERT INTO cloud_configurations (organization_id, user_id, key, value)
       SELECT $1, $2, 'key' || n, 'null' FROM generate_series(1, 200) n`,
      [uuidOf('organization', mallory.organizationId), uuidOf('user', mallory.userId)],
    );
    return { person: mallory, params: { configurationKey: 'one.more' }, body: { value: 1 } };
  },
};
