import { idPrefixes, newUuid, publicId, uuidOf, type IdKind } from '@credvault/database/typed-id.js';
import type { Scope } from '@credvault/access/scopes.js';
import { scopesOfRole } from '@credvault/access/roles.js';
import { Client, type Reply, type RequestOptions } from '../support/client.js';
import { ContractDocument, type DocumentedOperation } from '../support/contract/document.js';
import { apiKeyOf } from '../support/keys.js';
import { startNameServer, type NameServer } from '../support/name-server.js';
import { allowingProvider } from '../support/openid-provider.js';
import { memberOf, newAddress, signUp, type Person } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { cloudCases } from './cloud-v2-cases.js';
import { casesByOperation, type PreparedRequest } from './operation-cases.js';

/** The committed document; its operations are what the generic suites walk through. */
export const contract = ContractDocument.read();

/** The committed document of the cloud-style API; the ids of its operations begin with `v2.` */
export const cloudContract = ContractDocument.read('v2');

/** Roles of the members that every world has besides its owner. */
const roles = ['viewer', 'auditor', 'billing'] as const;

/** Mails may be asked for, and none arrives: nothing listens on port 1 of loopback (tcpmux). */
const noMailServer = 'smtp://127.0.0.1:1';

/** A service with people in two organizations. */
export interface World {
  service: TestService;
  /** Where the service looks up proofs of domains. */
  names: NameServer;
  /** Owns the organization that everything belongs to; administrator of the installation, as the first account. */
  jane: Person;
  /** Owns another organization. */
  mallory: Person;
  /** Members of Jane's organization, by role. */
  members: Record<(typeof roles)[number], Person>;
}

export async function makeWorld(): Promise<World> {
  const names = await startNameServer();
  const environment = { SMTP_URL: noMailServer, CREDVAULT_DNS_SERVERS: names.address, ...allowingProvider };
  const service = await startTestService({ environment });
  const jane = await signUp(service, 'Jane Developer');
  const mallory = await signUp(service, 'Mallory Stranger');
  const members: Partial<World['members']> = {};
  for (const role of roles) members[role] = await memberOf(service, jane, role);
  return { service, names, jane, mallory, members: members as World['members'] };
}

/** Makes what a request of this operation needs, such that sending it would succeed. */
export function prepare(world: World, operation: DocumentedOperation): Promise<PreparedRequest> {
  const prepareCase = casesByOperation[operation.id] ?? cloudCases[operation.id];
  if (!prepareCase)
    throw new Error(`${operation.id} is new: add a case to test/contract/operation-cases.ts.`);
  return prepareCase(world);
}

const toRefuse = new WeakMap<World, Map<string, Promise<PreparedRequest>>>();

/** As `prepare`, the same each time: for requests that are refused, and so leave what they need as it was. */
export function prepareToRefuse(world: World, operation: DocumentedOperation): Promise<PreparedRequest> {
  const known = toRefuse.get(world) ?? new Map<string, Promise<PreparedRequest>>();
  toRefuse.set(world, known);
  const prepared = known.get(operation.id) ?? prepare(world, operation);
  known.set(operation.id, prepared);
  return prepared;
}

/** How a prepared request is changed before it is sent. */
export interface Variation extends RequestOptions {
  /** Who sends it; the person it was prepared for unless said otherwise. Null sends no credential. */
  sender?: Person | null;
  params?: Record<string, string>;
}

/** Sends a prepared request with the credential the operation takes, changed as `variation` says. */
export async function send(
  { service }: World,
  operation: DocumentedOperation,
  prepared: PreparedRequest,
  variation: Variation = {},
): Promise<Reply> {
  const { sender = prepared.person, params, ...options } = variation;
  const client = sender ? await clientOf(operation, sender) : new Client(service, { address: newAddress() });
  const path = pathOf(operation, { ...prepared.params, ...params });
  const { body, query } = prepared;
  return client.request(operation.method, path, { fromRoot: true, body, query, ...options });
}

/** The client that this person must use: with the credential the operation takes, and with none where it takes none. */
export async function clientOf(operation: DocumentedOperation, person: Person): Promise<Client> {
  if (!operation.isSecured) return new Client(person.client.service, { address: person.address });
  return person.client.as((await credentialOf(operation, person)).token);
}

/** What somebody may call an operation with. */
interface Credential {
  /** The user name of HTTP Basic; a session has none. */
  id?: string;
  token: string;
}

/** API keys that may do all their owner may, one for each person who needs one. */
const keys = new WeakMap<Person, Promise<Credential>>();

/**
 * The credential that this person must use: their session or an API key where nothing else is taken, otherwise their
 * personal token.
 */
export async function credentialOf(operation: DocumentedOperation, person: Person): Promise<Credential> {
  if (operation.isSessionOnly) return { token: person.session };
  return operation.isApiKeyOnly ? keyOf(person) : { id: person.tokenId, token: person.token };
}

/** An API key of this person, the same each time. */
export function keyOf(person: Person): Promise<Credential> {
  const known = keys.get(person);
  if (known) return known;
  const made = apiKeyOf(person).then(({ id, key }) => ({ id, token: key }));
  keys.set(person, made);
  return made;
}

export function pathOf({ path }: DocumentedOperation, params: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** The names of the ids in an operation's path, each with its kind. */
export function idParameters(operation: DocumentedOperation): { name: string; kind: IdKind }[] {
  return operation.parameters.flatMap((parameter) => {
    // A parameter that takes ids of two kinds counts as one of the first kind.
    const prefix = /^\^\(?([a-z]+)[_|]/.exec(String(parameter.schema?.pattern))?.[1];
    const kind = (Object.keys(idPrefixes) as IdKind[]).find((candidate) => idPrefixes[candidate] === prefix);
    return parameter.in === 'path' && kind ? [{ name: parameter.name, kind }] : [];
  });
}

/** An id of this kind that nothing has. */
export function unknownId(kind: IdKind): string {
  return publicId(kind, newUuid());
}

/** The successful status an operation documents. */
export function successOf(operation: DocumentedOperation): number {
  return Number(Object.keys(operation.responses).find((status) => status.startsWith('2')));
}

/** Members of Jane's organization whose role lacks one of these scopes. */
export function membersWithout(world: World, scopes: string[]): Person[] {
  return roles
    .filter((role) => scopes.some((scope) => !scopesOfRole(role).has(scope as Scope)))
    .map((role) => world.members[role]);
}

export function takesHeader(operation: DocumentedOperation, name: string): boolean {
  return operation.parameters.some((parameter) => parameter.in === 'header' && parameter.name === name);
}

/** Stands in for a first request that still runs: holds the lock of its key, as `Idempotency` names it; gives what frees it. */
export async function holdKey(
  { service }: World,
  { method, path }: DocumentedOperation,
  { organizationId, userId }: Pick<Person, 'organizationId' | 'userId'>,
  key: string,
): Promise<() => Promise<void>> {
  const route = path.replace('/api/v1', '').replace(/\{(\w+)\}/g, ':$1');
  const owner = [uuidOf('organization', organizationId), uuidOf('user', userId)];
  const runner = service.database.dataSource.createQueryRunner();
  const lock = [JSON.stringify([...owner, method, route, key])];
  await runner.query(`SELECT pg_advisory_lock(hashtextextended($1, 0))`, lock);
  return async () => {
    await runner.query(`SELECT pg_advisory_unlock(hashtextextended($1, 0))`, lock);
    await runner.release();
  };
}

/** Puts a view in the place of a table, whose every row fails with this SQLSTATE; gives what mends it. */
export async function breakTable(
  { service: { database } }: World,
  table: string,
  sqlState: string,
): Promise<() => Promise<void>> {
  await database.rows(`CREATE OR REPLACE FUNCTION credvault_fault() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
    BEGIN RAISE EXCEPTION 'credvault_fault in a table' USING ERRCODE = '${sqlState}'; END $$`);
  await database.rows(`ALTER TABLE ${table} RENAME TO ${table}_whole`);
  await database.rows(`CREATE VIEW ${table} AS SELECT * FROM ${table}_whole WHERE credvault_fault()`);
  return async () => {
    await database.rows(`DROP VIEW ${table}`);
    await database.rows(`ALTER TABLE ${table}_whole RENAME TO ${table}`);
  };
}

/** `message` of an error answer. */
export function messageOf(reply: Reply): string {
  return reply.json<{ error: { message: string } }>().error.message;
}
