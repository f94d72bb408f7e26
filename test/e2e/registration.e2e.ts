import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { RegisteredDto } from '../../apps/api/src/auth/session.dto.js';
import { writeSetupToken } from '../../apps/api/src/runtime/setup-token-file.js';
import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, password } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

let service: TestService;

const links = (): AccountLinksService => service.app.get(AccountLinksService, { strict: false });
const newEmail = (): string => `${randomBytes(6).toString('hex')}@example.com`;

function register(
  fields: { email?: string; password?: string; name?: string; setupToken?: string } = {},
): Promise<Reply> {
  const body = { email: newEmail(), password, name: 'Jane Developer', ...fields };
  return new Client(service, { address: newAddress() }).post('/auth/register', body);
}

async function people(): Promise<{ email: string; is_superuser: boolean }[]> {
  return service.database.rows(`SELECT email, is_superuser FROM users ORDER BY created_at, id`);
}

/** What holds in every mode: the first account takes the setup token, and nobody else does. */
async function registerTheFirst(): Promise<void> {
  const { token } = await links().issueSetup(undefined);
  expectStatus(await register(), 403);
  expectStatus(await register({ setupToken: 'x'.repeat(40) }), 403);
  expectStatus(
    await register({ setupToken: (await links().issueInvitation('first@example.com')).token }),
    403,
  );
  expectStatus(await register({ setupToken: token, password: 'short' }), 400);
  expect(await people()).toEqual([]);

  const reply = expectStatus(await register({ email: 'First@Example.com', setupToken: token }), 201);
  const { user, organization } = reply.data<Wire<RegisteredDto>>();
  expect(user).toEqual({
    id: expect.stringMatching(/^usr_/) as string,
    name: 'Jane Developer',
    email: 'First@example.com',
    createdAt: expect.stringMatching(/Z$/) as string,
  });
  expect(organization).toEqual({
    id: expect.stringMatching(/^org_/) as string,
    name: expect.stringContaining('Jane Developer') as string,
    plan: 'free',
  });
  expect(reply.headers['location']).toBe('/api/v1/me');
  expect(await people()).toEqual([{ email: 'First@example.com', is_superuser: true }]);
  expectStatus(await register({ setupToken: token }), 403);
  expect(await people()).toHaveLength(1);
}

describe('registration by invitation', () => {
  beforeAll(async () => {
    service = await startTestService({ environment: { CREDVAULT_REGISTRATION: 'invite' } });
  });
  afterAll(() => service.stop());

  it('gives the first account to whoever has the setup token, once', registerTheFirst);

  it('lets in who was invited, once, and only under the invited address', async () => {
    const { token } = await links().issueInvitation('guest@example.com');
    expectStatus(await register(), 403);
    expectStatus(await register({ setupToken: token }), 403);
    expectStatus(await register({ email: 'Guest@example.com', setupToken: token }), 201);
    expectStatus(await register({ email: 'guest2@example.com', setupToken: token }), 403);
    expect((await people()).map(({ is_superuser }) => is_superuser)).toEqual([true, false]);
  });

  it('refuses an invitation that has expired', async () => {
    const { token } = await links().issueInvitation('late@example.com');
    await service.database.rows(
      `UPDATE account_links SET expires_at = now() - interval '1 second' WHERE email = 'late@example.com'`,
    );
    expectStatus(await register({ email: 'late@example.com', setupToken: token }), 403);
  });

  it('does not use up an invitation by a registration that fails', async () => {
    const { token } = await links().issueInvitation('careful@example.com');
    expectStatus(
      await register({ email: 'careful@example.com', setupToken: token, password: 'password1234' }),
      400,
    );
    const second = await links().issueInvitation('first@example.com');
    expectStatus(await register({ email: 'first@example.com', setupToken: second.token }), 409);
    expectStatus(await register({ email: 'careful@example.com', setupToken: token }), 201);
  });

  it('takes no setup token, not even a fresh one, once there is an account', async () => {
    expectStatus(await register({ setupToken: (await links().issueSetup(undefined)).token }), 403);
  });

  it('stores no one-time token', async () => {
    const { token } = await links().issueInvitation('stored@example.com');
    const rows = await service.database.rows<{ row: string }>(`SELECT l::text AS row FROM account_links l`);
    const text = rows.map(({ row }) => row).join('\n');
    expect(text).toContain('stored@example.com');
    expect(text).not.toContain(token);
    expect(text).not.toContain(Buffer.from(token).toString('hex'));
  });
});

describe('open registration', () => {
  beforeAll(async () => {
    service = await startTestService({ environment: { CREDVAULT_REGISTRATION: 'open' } });
  });
  afterAll(() => service.stop());

  it('gives the first account to whoever has the setup token, once', registerTheFirst);

  it('lets anybody in afterwards, once for each address, without regard to case', async () => {
    expectStatus(await register({ email: 'open@example.com' }), 201);
    const again = expectStatus(await register({ email: 'OPEN@example.com' }), 409);
    expect(again.json<{ error: { code: string } }>().error.code).toBe('CONFLICT');
    expect((await people()).filter(({ is_superuser }) => is_superuser)).toHaveLength(1);
  });

  it('knows a domain in any spelling as one, and an account of before by the spelling it has', async () => {
    const visitor = new Client(service, { address: newAddress() });
    const signsIn = (email: string): Promise<Reply> => visitor.post('/auth/login', { email, password });
    expectStatus(await register({ email: 'twin@corp.example' }), 201);
    for (const domain of ['ⓒorp.example', 'corp。example', 'co\u00adrp.example', 'Corp.Example'])
      expectStatus(await register({ email: `twin@${domain}` }), 409);
    expectStatus(await signsIn('twin@ⓒorp.example'), 200);
    const reply = expectStatus(await register({ email: 'jane@exämple.com' }), 201);
    expect(reply.data<Wire<RegisteredDto>>().user.email).toBe('jane@xn--exmple-cua.com');
    expectStatus(await signsIn('jane@exämple.com'), 200);
    await service.database.rows(
      `UPDATE users SET email = 'jane@exämple.com' WHERE email = 'jane@xn--exmple-cua.com'`,
    );
    // The document promises addresses of today, in ASCII.
    const before = { email: 'Jane@Exämple.com', password };
    expectStatus(await visitor.post('/auth/login', before, { undocumented: true }), 200);
  });

  it.each(['"x@evil.example x"@victim.example', '"jane"@example.com', 'jane@example.com/x'])(
    'takes plain addresses only: %s',
    async (email) => {
      expectStatus(await register({ email }), 400);
    },
  );

  it.each([
    ['too short', 'elevenchars'],
    ['eleven characters that are two units each', '😀'.repeat(11)],
    ['common', 'password1234'],
    ['common in disguise', 'P@ssw0rd2024!'],
    ['a walk along the keyboard', 'qwertyuiop12'],
    ['one character over and over', 'aaaaaaaaaaaaaaaa'],
    ['too long', `${'long enough '.repeat(21)}12345`],
  ])('refuses a password that is %s', async (_why, weak) => {
    const reply = expectStatus(await register({ password: weak }), 400);
    expect(reply.text).toContain('password');
    expect(reply.text).not.toContain(weak);
  });

  it.each([
    ['of 12 characters', 'tin ox 4 few'],
    ['of 256 characters', 'six dry tortoises read the map '.repeat(9).slice(0, 256)],
    [
      'of 256 characters beyond the BMP',
      Array.from({ length: 256 }, (_, at) => String.fromCodePoint(0x1f400 + at)).join(''),
    ],
    ['with white space at both ends', '  spaces are characters too  '],
    ['with line ends and control characters', 'line one\nline two\u0007'],
    ['in another script', 'δώδεκα χαρακτήρες 十二'],
  ])('takes a password %s as it is', async (_which, chosen) => {
    const email = newEmail();
    expectStatus(await register({ email, password: chosen }), 201);
    const visitor = new Client(service, { address: newAddress() });
    expectStatus(await visitor.post('/auth/login', { email, password: chosen }), 200);
    expectStatus(
      await visitor.post('/auth/login', { email, password: `${Array.from(chosen).slice(0, -1).join('')}x` }),
      401,
    );
    if (chosen !== chosen.trim()) {
      expectStatus(await visitor.post('/auth/login', { email, password: chosen.trim() }), 401);
    }
  });

  it('does not normalize a password', async () => {
    const email = newEmail();
    const composed = 'cr\u00e8me br\u00fbl\u00e9e twice';
    expectStatus(await register({ email, password: composed }), 201);
    const visitor = new Client(service, { address: newAddress() });
    expectStatus(await visitor.post('/auth/login', { email, password: composed.normalize('NFD') }), 401);
    expectStatus(await visitor.post('/auth/login', { email, password: composed }), 200);
  });
});

describe('closed registration', () => {
  beforeAll(async () => {
    service = await startTestService({ environment: { CREDVAULT_REGISTRATION: 'closed' } });
  });
  afterAll(() => service.stop());

  it('gives the first account to whoever has the setup token, once', registerTheFirst);

  it('lets nobody in afterwards, invited or not', async () => {
    const { token } = await links().issueInvitation('guest@example.com');
    expectStatus(await register(), 403);
    expectStatus(await register({ email: 'guest@example.com', setupToken: token }), 403);
    expect(await people()).toHaveLength(1);
  });
});

describe('the setup token', () => {
  const folder = mkdtempSync(join(tmpdir(), 'credvault-setup-'));

  beforeAll(async () => {
    service = await startTestService({ environment: { CREDVAULT_DATA_DIR: folder } });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is replaced at each start, dies with its time, and may be the operator's own", async () => {
    const old = await links().issueSetup(undefined);
    const preset = 'an operator chose this token, 40 chars..';
    await links().issueSetup(preset);
    expectStatus(await register({ setupToken: old.token }), 403);
    await service.database.rows(`UPDATE account_links SET expires_at = now() - interval '1 second'`);
    expectStatus(await register({ setupToken: preset }), 403);
    await links().issueSetup(preset);
    const path = writeSetupToken(folder, preset);
    expectStatus(await register({ setupToken: `${preset}.` }), 403);
    expect(existsSync(path)).toBe(true);
    expectStatus(await register({ setupToken: preset }), 201);
    expect(existsSync(path)).toBe(false);
  });
});
