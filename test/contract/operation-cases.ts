import { randomBytes } from 'node:crypto';
import { mintToken } from '@credvault/crypto/tokens.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { settle } from '../e2e/audit-trail.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { apiKeyOf } from '../support/keys.js';
import { organizationOf } from '../support/organizations.js';
import { expectStatus, password, signUp, type Person } from '../support/people.js';
import { grantCases } from './grant-cases.js';
import { memberCases } from './member-cases.js';
import { mfaCases } from './mfa-cases.js';
import { recoveryCases } from './recovery-cases.js';
import { projectCases } from './project-cases.js';
import { serviceAccountCases } from './service-account-cases.js';
import { singleSignOnCases } from './single-sign-on-cases.js';
import { subscriptionCases } from './subscription-cases.js';
import type { World } from './world.js';

/** A request that succeeds when it is sent as it is. */
export interface PreparedRequest {
  /** Who may send it. */
  person: Person;
  params: Record<string, string>;
  body?: Record<string, unknown>;
  query?: Record<string, string>;
  /** Another body that the same operation would take, for tests that tell two requests apart. */
  otherBody?: Record<string, unknown>;
  /** Other path parameters for an operation without body, to the same end. */
  otherParams?: Record<string, string>;
}

type Case = (world: World) => Promise<PreparedRequest>;

const newPassword = 'slow herons count the tide';

function byJane({ jane }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: {} });
}

/** Somebody new, for what ends sessions or changes passwords. */
async function byNewcomer({ service }: World): Promise<PreparedRequest> {
  return { person: await signUp(service, 'Newcomer'), params: {} };
}

async function onVault({ jane }: World): Promise<PreparedRequest> {
  return { person: jane, params: { vaultId: (await vaultOf(jane)).id } };
}

/** On a secret with two versions. */
async function onSecret({ jane }: World): Promise<PreparedRequest> {
  const vault = await vaultOf(jane);
  const secret = await secretOf(jane, vault.id, { value: 'first', notes: 'noted' });
  expectStatus(await jane.client.patch(`/vaults/${vault.id}/secrets/${secret.id}`, { value: 'second' }), 200);
  return { person: jane, params: { vaultId: vault.id, secretId: secret.id } };
}

async function onToken({ jane }: World): Promise<PreparedRequest> {
  const make = async (): Promise<string> => {
    const reply = await jane.sessionClient.post('/api-tokens', { name: 'Laptop' });
    return expectStatus(reply, 201).data<{ id: string }>().id;
  };
  return { person: jane, params: { tokenId: await make() }, otherParams: { tokenId: await make() } };
}

/** On a key, and another one like it. */
async function onKey({ jane }: World): Promise<PreparedRequest> {
  const [key, other] = [await apiKeyOf(jane), await apiKeyOf(jane)];
  return { person: jane, params: { keyId: key.id }, otherParams: { keyId: other.id } };
}

/** On a request that a key has made. */
async function onUsage({ jane, service }: World): Promise<PreparedRequest> {
  const key = await apiKeyOf(jane);
  expectStatus(await key.client.get('/vaults'), 200);
  await settle(service);
  const reply = await jane.client.get(`/api-keys/${key.id}/usage`);
  const [used] = expectStatus(reply, 200).data<{ id: string }[]>();
  return { person: jane, params: { keyId: key.id, usageId: used?.id ?? '' } };
}

async function onSession({ jane }: World): Promise<PreparedRequest> {
  await signedInAgain(jane);
  const sessions = await jane.sessionClient.get('/auth/sessions', {
    query: { sort: '-createdAt', limit: 1 },
  });
  const [newest] = expectStatus(sessions, 200).data<{ id: string }[]>();
  return { person: jane, params: { sessionId: newest?.id ?? '' } };
}

/** Opens one more session and gives its refresh token. */
async function signedInAgain({ client, email }: Person): Promise<string> {
  const reply = await client.post('/auth/login', { email, password }, { token: null });
  return expectStatus(reply, 200).data<{ refreshToken: string }>().refreshToken;
}

function onOrganization({ jane }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: { organizationId: jane.organizationId } });
}

/** Somebody with two organizations, who acts in the first one; the second one is what the body names. */
async function toSecondOrganization(world: World): Promise<PreparedRequest> {
  const prepared = await byNewcomer(world);
  const { id: organizationId } = await organizationOf(prepared.person);
  return { ...prepared, body: { organizationId } };
}

/** An organization that may be deleted: it is empty, and its owner has another one. */
async function onEmptyOrganization(world: World): Promise<PreparedRequest> {
  const { person } = await toSecondOrganization(world);
  return { person, params: { organizationId: person.organizationId } };
}

/** On a plan that nobody in these tests has. Jane, whose account was the first, is the administrator. */
function onPlan({ jane }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: { planName: 'starter' } });
}

/** On the organization of somebody else, as administrators do. */
function onTenant({ jane, mallory }: World): Promise<PreparedRequest> {
  return Promise.resolve({ person: jane, params: { organizationId: mallory.organizationId } });
}

async function reset({ service }: World): Promise<PreparedRequest> {
  const person = await signUp(service, 'Forgetful');
  const links = service.app.get(AccountLinksService, { strict: false });
  const userId = uuidOf('user', person.userId) ?? '';
  const { token } = await service.database.transaction((transaction) =>
    links.issuePasswordReset(transaction, userId),
  );
  return { person, params: {}, body: { token, newPassword } };
}

async function emailConfirmed({ service }: World): Promise<PreparedRequest> {
  const person = await signUp(service, 'Moving');
  const links = service.app.get(AccountLinksService, { strict: false });
  const userId = uuidOf('user', person.userId) ?? '';
  const { token } = await service.database.transaction((transaction) =>
    links.issueEmailChange(transaction, userId, newAccount()['email'] ?? ''),
  );
  return { person, params: {}, body: { token } };
}

function newAccount(): Record<string, string> {
  return { email: `${randomBytes(6).toString('hex')}@example.com`, password, name: 'Somebody' };
}

/** The same case with a body. */
function withBody(base: Case, body: Record<string, unknown>, otherBody?: Record<string, unknown>): Case {
  return async (world) => ({ ...(await base(world)), body, otherBody });
}

const newSecret = { key: 'DATABASE_URL', value: 'postgres://one', type: 'credential', notes: 'Primary' };
const file = { format: 'dotenv', content: 'ONE=1\nTWO=2\n', onConflict: 'fail' };

/**
 * How each operation of the document is used rightly. A test holds this table to the document: an operation that is new
 * there must get a line here, and with it is tried with every wrong credential, id and input.
 */
export const casesByOperation: Record<string, Case> = {
  register: async (world) => ({ ...(await byJane(world)), body: newAccount() }),
  login: async (world) => ({ ...(await byJane(world)), body: { email: world.jane.email, password } }),
  refresh: async ({ jane }) => ({
    person: jane,
    params: {},
    body: { refreshToken: await signedInAgain(jane) },
  }),
  logout: byNewcomer,
  changePassword: withBody(byNewcomer, { currentPassword: password, newPassword }),
  forgotPassword: async (world) => ({ ...(await byJane(world)), body: { email: 'nobody@example.com' } }),
  resetPassword: reset,
  changeEmail: async (world) => ({
    ...(await byNewcomer(world)),
    body: { newEmail: newAccount()['email'], currentPassword: password },
  }),
  confirmEmail: emailConfirmed,
  switchOrganization: toSecondOrganization,
  listSessions: byJane,
  deleteSession: onSession,
  getMe: byJane,
  updateMe: withBody(byJane, { name: 'Jane D. Veloper' }),
  listApiTokens: byJane,
  createApiToken: withBody(byJane, { name: 'Laptop' }, { name: 'Server' }),
  getApiToken: onToken,
  deleteApiToken: onToken,
  pauseApiToken: onToken,
  resumeApiToken: onToken,
  listScopes: byJane,
  listApiKeys: byJane,
  createApiKey: withBody(
    byJane,
    { name: 'Pipeline', scopes: ['vault:read'] },
    { name: 'Other', scopes: ['*'] },
  ),
  getOwnApiKey: byJane,
  getApiKey: onKey,
  updateApiKey: withBody(onKey, { name: 'Renamed', scopes: ['vault:read'] }),
  deleteApiKey: onKey,
  pauseApiKey: onKey,
  resumeApiKey: onKey,
  rotateApiKey: withBody(onKey, { overlapSeconds: 60 }, { overlapSeconds: 0 }),
  testApiKey: onKey,
  testApiKeyPermission: withBody(onKey, { scope: 'vault:read' }),
  listApiKeyUsage: onKey,
  summarizeApiKeyUsage: onKey,
  getApiKeyUsage: onUsage,
  // One that nobody has: a world goes on with its tokens.
  reportLeakedToken: async (world) => ({ ...(await byJane(world)), body: { token: mintToken('cv_') } }),
  listVaults: byJane,
  createVault: withBody(byJane, { name: 'Staging', description: 'For trying out' }, { name: 'Other' }),
  getVault: onVault,
  updateVault: withBody(onVault, { name: 'Renamed', maxVersions: 7 }),
  deleteVault: onVault,
  listSecrets: onSecret,
  createSecret: withBody(onVault, newSecret, { ...newSecret, key: 'OTHER' }),
  getSecret: onSecret,
  updateSecret: withBody(onSecret, { value: 'third', notes: null }),
  deleteSecret: onSecret,
  listSecretVersions: onSecret,
  getSecretVersion: async (world) => {
    const prepared = await onSecret(world);
    return { ...prepared, params: { ...prepared.params, version: '1' } };
  },
  rollbackSecret: withBody(onSecret, { version: 1 }, { version: 2 }),
  importSecrets: withBody(onVault, file, { ...file, content: 'THREE=3\n' }),
  exportSecrets: async (world) => ({ ...(await onSecret(world)), query: { format: 'dotenv' } }),
  listAuditEvents: byJane,
  listOrganizations: byJane,
  // Somebody new each time: one person may own a few only.
  createOrganization: withBody(byNewcomer, { name: 'Acme' }, { name: 'Other' }),
  getOrganization: onOrganization,
  updateOrganization: withBody(onOrganization, { name: 'Acme Incorporated' }),
  deleteOrganization: onEmptyOrganization,
  getOrganizationSettings: onOrganization,
  updateOrganizationSettings: withBody(onOrganization, { leakedTokens: 'pause' }),
  ...grantCases,
  ...memberCases,
  ...mfaCases,
  ...recoveryCases,
  ...projectCases,
  ...serviceAccountCases,
  ...singleSignOnCases,
  ...subscriptionCases,
  listPlans: byJane,
  getPlan: onPlan,
  updatePlan: withBody(onPlan, { apiKeyRequestsPerMinute: 600, tokenRequestsPerMinute: 90 }),
  listOrganizationLimits: byJane,
  getOrganizationLimits: onTenant,
  updateOrganizationLimits: withBody(onTenant, {
    plan: 'pro',
    apiKeyRequestsPerMinute: 1_000_000,
    tokenRequestsPerMinute: 1_000_000,
  }),
  getLiveness: byJane,
  getReadiness: byJane,
};
