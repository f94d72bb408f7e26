import { randomBytes } from 'node:crypto';
import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { expectStatus, password, signUp, type Person } from '../support/people.js';
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

async function reset({ service }: World): Promise<PreparedRequest> {
  const person = await signUp(service, 'Forgetful');
  const links = service.app.get(AccountLinksService, { strict: false });
  const userId = uuidOf('user', person.userId) ?? '';
  const { token } = await service.database.transaction((transaction) =>
    links.issuePasswordReset(transaction, userId),
  );
  return { person, params: {}, body: { token, newPassword } };
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
  resetPassword: reset,
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
  getLiveness: byJane,
  getReadiness: byJane,
};
