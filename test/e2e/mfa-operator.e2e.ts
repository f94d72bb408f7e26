import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterAddress } from '../support/cluster.js';
import { databaseUrlOf, testRootKey } from '../support/cluster-address.js';
import { expectStatus } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { signUpWithMfa } from './mfa-people.js';

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
  }, 30_000);

  it('says when there is nothing to switch off', async () => {
    const person = await signUpWithMfa(service);
    expectStatus(await person.sessionClient.delete('/auth/mfa'), 204);
    const again = await accounts('disable-mfa', person.email);
    expect([again.code, again.output.trim()]).toEqual([1, `${person.email} has no second factor.`]);
    expect((await accounts('disable-mfa', 'nobody@example.com')).code).toBe(1);
    expect((await accounts('disable-mfa')).output).toContain('npm run accounts -- disable-mfa <email>');
  }, 30_000);
});
