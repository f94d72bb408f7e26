import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newUuid, publicId, uuidOf } from '@credvault/database/typed-id.js';
import { Client } from '../support/client.js';
import { clusterAddress } from '../support/cluster.js';
import { databaseUrlOf, testRootKey } from '../support/cluster-address.js';
import { expectStatus, newAddress, signUp } from '../support/people.js';
import { set } from '../support/settings.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from '../e2e/audit-trail.js';
import { signUpWithMfa } from '../e2e/mfa-people.js';

const root = join(import.meta.dirname, '../..');
const loader = join(root, 'test/support/typescript-loader.mjs');
let folder: string;
let service: TestService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'credvault-mfa-'));
  service = await startTestService();
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `npm run accounts -- …` the way it runs beside a service: as another process. */
function accounts(...args: string[]): Promise<{ code: number; output: string }> {
  const program = ['--import', loader, join(root, 'apps/api/src/commands/accounts.ts'), ...args];
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrlOf(clusterAddress(), service.databaseName),
    CREDVAULT_DATA_DIR: folder,
    CREDVAULT_ROOT_KEY: testRootKey,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, program, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe('npm run accounts -- disable-mfa', () => {
  it('lets somebody who has lost their app sign in with the password alone, and is recorded', async () => {
    const person = await signUpWithMfa(service);
    const done = await accounts('disable-mfa', person.email);
    expect(done).toMatchObject({ code: 0 });
    expect(done.output).toContain(person.email);
    const login = { email: person.email, password: person.password };
    const reply = await person.client.post('/auth/login', login, { token: null });
    expect(expectStatus(reply, 200).data<object>()).toHaveProperty('accessToken');
    const [record] = await trailOf(person, { type: 'mfa.disabled' });
    expect(record?.actor.type).toBe('operator');
  }, 60_000);

  it('says when there is nothing to switch off', async () => {
    const person = await signUpWithMfa(service);
    expectStatus(await person.sessionClient.delete('/auth/mfa'), 204);
    const again = await accounts('disable-mfa', person.email);
    expect([again.code, again.output.trim()]).toEqual([1, `${person.email} has no second factor.`]);
    expect((await accounts('disable-mfa', 'nobody@example.com')).code).toBe(1);
    expect((await accounts('disable-mfa')).output).toContain('npm run accounts -- disable-mfa <email>');
  }, 60_000);
});

describe('npm run accounts -- clear-allowed-ips', () => {
  it('lets people in again whom a list of addresses keeps out, and is recorded', async () => {
    const person = await signUp(service);
    const lost = new Client(service, { token: person.token, address: newAddress() });
    await set(person, { allowedIps: [person.address, '203.0.113.0/24'] });
    expectStatus(await lost.get('/vaults'), 403);
    const done = await accounts('clear-allowed-ips', person.organizationId);
    expect(done).toMatchObject({ code: 0 });
    expect(done.output).toContain('203.0.113.0/24');
    await sleep(1_000);
    expectStatus(await lost.get('/vaults'), 200);
    const records = await trailOf(person, { type: 'organization_settings.updated' });
    const blocks = [`${person.address}/32`, '203.0.113.0/24'];
    expect(records.at(-1)).toMatchObject({
      actor: { type: 'operator' },
      details: { allowedIps: { from: blocks, to: null } },
    });
    const again = await accounts('clear-allowed-ips', person.organizationId);
    expect([again.code, again.output.trim()]).toEqual([
      1,
      `${person.organizationId} takes any address already.`,
    ]);
  }, 60_000);

  it('says when there is no such organization', async () => {
    const { code, output } = await accounts('clear-allowed-ips', publicId('organization', newUuid()));
    expect([code, output]).toEqual([1, expect.stringContaining('There is no such organization.')]);
    const [example = ''] = /org_\w+/.exec((await accounts('clear-allowed-ips', 'nonsense')).output) ?? [];
    expect(uuidOf('organization', example)).toBeDefined();
  }, 60_000);
});
