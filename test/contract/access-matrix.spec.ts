import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { scopesOfRole } from '@credvault/access/roles.js';
import { newUuid, uuidOf } from '@credvault/database/typed-id.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import { memberOf, type Person } from '../support/people.js';
import type { PreparedRequest } from './operation-cases.js';
import { type OwnCase, ownCases } from './own-cases.js';
import { cloudContract, contract, idParameters, makeWorld, prepare, send, type World } from './world.js';

const committedPath = join(import.meta.dirname, 'access-matrix.txt');
const roles = ['owner', 'admin', 'developer', 'viewer', 'auditor', 'billing'] as const;

/** There is no such request. */
const none = '–';

type Role = (typeof roles)[number];

/** Made from the document and the service as they are; `UPDATE_ACCESS_MATRIX=1` writes the file anew. */
const head = `# Who may call what: the status that each operation answers to a member of each built-in role, with the credential
# that the operation takes. Left: on what belongs to their own organization, with the vault or the project granted to them
# as manager where there is one. Right: on what belongs to another organization. A change of any cell is a change of access: review it.
# Written by: UPDATE_ACCESS_MATRIX=1 npm run jest -- test/contract/access-matrix --selectProjects contract
`;

describe('the access matrix', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  it('is the committed one', async () => {
    const lines: string[] = [];
    const operations = [...contract.operations, ...cloudContract.operations];
    for (const operation of operations) lines.push(await lineOf(world, operation));
    const text = `${head}${columns()}\n${lines.join('\n')}\n`;
    if (process.env.UPDATE_ACCESS_MATRIX) writeFileSync(committedPath, text);
    const committed = existsSync(committedPath) ? readFileSync(committedPath, 'utf8') : '';
    expect(text.split('\n')).toEqual(committed.split('\n'));
  }, 120_000);
});

function columns(): string {
  const names = roles.map((role) => role.slice(0, 9).padEnd(10)).join('');
  return `${'operation'.padEnd(34)}${names}| ${names}`.trimEnd();
}

async function lineOf(world: World, operation: DocumentedOperation): Promise<string> {
  const name = operation.id.padEnd(34);
  if (!operation.isSecured) return `${name}anybody`;
  const ownCase = ownCases[operation.id];
  const own = await (ownCase ? ownCells(world, operation, ownCase) : cellsOf(world, operation, world.jane));
  // What belongs to nobody in particular is the same in every organization.
  const isTenants = idParameters(operation).length > 0;
  const other = isTenants ? await cellsOf(world, operation, world.mallory) : roles.map(() => none);
  return `${name}${row(own)}| ${row(other)}`.trimEnd();
}

function row(cells: string[]): string {
  return cells.map((cell) => cell.padEnd(10)).join('');
}

/** The statuses that members get for what is theirs alone. */
async function ownCells(world: World, operation: DocumentedOperation, ownCase: OwnCase): Promise<string[]> {
  const cells: string[] = [];
  for (const role of roles) {
    const { body, ...prepared } = await ownCase(world, role);
    const request = operation.body ? { ...prepared, body } : prepared;
    cells.push(String((await send(world, operation, request)).status));
  }
  return cells;
}

/** The statuses that members of `organizationOf` get, who ask for what belongs to Jane's organization. */
async function cellsOf(
  world: World,
  operation: DocumentedOperation,
  organizationOf: Person,
): Promise<string[]> {
  const cells: string[] = [];
  let prepared: PreparedRequest | undefined;
  for (const role of roles) {
    if (operation.isApiKeyOnly && !scopesOfRole(role).has('key:manage')) {
      cells.push(none);
      continue;
    }
    prepared ??= await prepare(world, operation);
    const sender = await memberWith(world, role, organizationOf, operation);
    if (organizationOf === world.jane) await grantObjects(world, prepared.params, sender);
    const { status } = await send(world, operation, prepared, { sender });
    cells.push(String(status));
    // What was refused has changed nothing: the next one may try the same.
    if (status < 400) prepared = undefined;
  }
  return cells;
}

const members = new Map<string, Promise<Person>>();

/** Somebody with this role; somebody new where the operation may do something to whoever calls it. */
function memberWith(
  { service }: World,
  role: Role,
  organizationOf: Person,
  { tag, method }: DocumentedOperation,
): Promise<Person> {
  if (tag === 'auth' && method !== 'GET') return memberOf(service, organizationOf, role);
  const place = `${role} ${organizationOf.organizationId}`;
  const member = members.get(place) ?? memberOf(service, organizationOf, role);
  members.set(place, member);
  return member;
}

/** Grants the vault and the project of a request; a vault that is deleted cannot be granted. */
async function grantObjects(
  { service, jane }: World,
  { vaultId, projectId }: Record<string, string>,
  member: Person,
): Promise<void> {
  if (vaultId === undefined && projectId === undefined) return;
  const userId = uuidOf('user', member.userId) ?? '';
  await service.database.rows(
    `INSERT INTO grants (organization_id, id, user_id, vault_id, project_id, level, created_by)
     SELECT $1, $2, $3, $4::uuid, $5, 3, $3
     WHERE $4 IS NULL OR EXISTS (SELECT FROM vaults WHERE organization_id = $1 AND id = $4)`,
    [
      uuidOf('organization', jane.organizationId),
      newUuid(),
      userId,
      vaultId === undefined ? null : uuidOf('vault', vaultId),
      projectId === undefined ? null : uuidOf('project', projectId),
    ],
  );
  // Written by SQL: what the database tells this process may come after the request.
  service.app.get(CredentialRegistry, { strict: false }).invalidate({ kind: 'user', id: userId });
}
