import { uuidOf } from '@credvault/database/typed-id.js';
import type { AcceptedInvitationDto, InvitationDto } from '../../apps/api/src/members/invitation.dto.js';
import type { MemberDto } from '../../apps/api/src/members/member.dto.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import { Client, type Reply } from '../support/client.js';
import { askToSwitch } from '../support/organizations.js';
import {
  expectStatus,
  invite,
  memberOf,
  newAddress,
  newEmail,
  password,
  signUp,
  type Person,
} from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { enrol, wrongCode } from './mfa-people.js';

const name = 'Bob Invited';
const week = 7 * 24 * 60 * 60_000;

let service: TestService;
let owner: Person;
let path: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
  path = `/organizations/${owner.organizationId}/invitations`;
});
afterAll(() => service.stop());

/** Accepts from an address of its own, because tries with tokens are limited by address. */
function accept(body: Record<string, string>, at = service): Promise<Reply> {
  return new Client(at, { address: newAddress() }).post('/invitations/accept', body);
}

async function members(search: string): Promise<Wire<MemberDto>[]> {
  const reply = await owner.client.get(`/organizations/${owner.organizationId}/members`, {
    query: { search },
  });
  return expectStatus(reply, 200).data<Wire<MemberDto>[]>();
}

async function open(): Promise<Wire<InvitationDto>[]> {
  return expectStatus(await owner.client.get(path), 200).data<Wire<InvitationDto>[]>();
}

function details(reply: Reply): { path: string; code: string }[] {
  return reply.json<{ error: { details: { path: string; code: string }[] } }>().error.details;
}

async function expire(id: string): Promise<void> {
  await service.database.rows(`UPDATE invitations SET expires_at = now() WHERE id = $1`, [
    uuidOf('invitation', id),
  ]);
}

describe('inviting', () => {
  it('shows the token once to the inviter where no mail can be sent, and says so in the log without it', async () => {
    const email = newEmail();
    const since = service.logs.length;
    const made = expectStatus(await owner.client.post(path, { email, role: 'viewer' }), 201);
    const invitation = made.data<Wire<InvitationDto> & { token: string }>();
    const { token, ...shown } = invitation;
    expect(token).toMatch(/^cvinv_[0-9A-Za-z]{49}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^inv_/) as string,
      email,
      role: 'viewer',
      status: 'open',
      invitedBy: owner.userId,
      createdAt: expect.any(String) as string,
      expiresAt: new Date(Date.parse(shown.createdAt) + week).toISOString(),
      mailed: false,
      acceptUrl: expect.stringMatching(/\/api\/v1\/invitations\/accept$/) as string,
    });
    const got = expectStatus(await owner.client.get(made.headers.location ?? '', { fromRoot: true }), 200);
    expect(got.data()).toEqual((await open())[0]);
    expect(got.text).not.toContain(token);
    const logged = service.logs.slice(since).join('');
    expect(logged).toContain('SMTP_URL is not set');
    expect(logged).not.toContain(token);
    const stored = await service.database.rows(`SELECT to_jsonb(i)::text AS row FROM invitations i`);
    expect(JSON.stringify(stored)).not.toContain(token.slice(6, 30));
  });

  it('again replaces the invitation, in any case of the address: the token before works no longer', async () => {
    const first = await invite(owner, { email: 'Twice@Example.com', role: 'viewer' });
    const second = await invite(owner, { email: 'twice@example.com', role: 'developer' });
    expect(await open()).toMatchObject([{ id: second.id, email: 'twice@example.com', role: 'developer' }]);
    expectStatus(await accept({ token: first.token, password, name }), 403);
    expectStatus(await accept({ token: second.token, password, name }), 200);
    expectStatus(await owner.client.get(`${path}/${first.id}`), 404);
  });

  it('a member again is 409', async () => {
    const member = await memberOf(service, owner, 'viewer');
    const body = { email: member.email.toUpperCase(), role: 'admin' };
    const refused = expectStatus(await owner.client.post(path, body), 409);
    expect(details(refused)).toMatchObject([{ path: 'email', code: 'member' }]);
  });

  it('gives no more than the inviter has: an admin invites no owner, an unknown role is 400', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const refused = await admin.client.post(path, { email: newEmail(), role: 'owner' });
    expect(details(expectStatus(refused, 403))).toMatchObject([{ path: 'scopes', code: 'missing_scope' }]);
    expectStatus(await admin.client.post(path, { email: newEmail(), role: 'admin' }), 201);
    for (const role of ['emperor', 'rol_01jd3k5m7n8p9q0r1s2t3v4w5x', 'custom', 'Owner']) {
      const unknown = await owner.client.post(path, { email: newEmail(), role });
      expect(details(expectStatus(unknown, 400))).toMatchObject([{ path: 'role', code: 'unknown_role' }]);
    }
    for (const role of ['developer', 'viewer', 'auditor', 'billing']) {
      const member = await memberOf(service, owner, role);
      expectStatus(await member.client.post(path, { email: newEmail(), role: 'viewer' }), 403);
    }
  });

  it.each(['nobody', 'a@b', 'a@example.com, b@example.com', 'a@example.com\nBcc: b@example.com', ''])(
    'refuses %j as an address',
    async (email) => {
      expectStatus(await owner.client.post(path, { email, role: 'viewer' }), 400);
    },
  );

  it('with a custom role makes a member with it', async () => {
    const role = { name: 'Reader', scopes: ['organization:read', 'vault:read'] };
    const { id } = expectStatus(await owner.client.post('/roles', role), 201).data<{ id: string }>();
    const { token, email } = await invite(owner, { role: id });
    expect((await open())[0]?.role).toBe(id);
    const joined = expectStatus(await accept({ token, password, name }), 200);
    expect(joined.data<Wire<AcceptedInvitationDto>>().role).toBe(id);
    expect((await members(email))[0]?.role).toBe(id);
  });

  it('lists, searches and filters by status; taking back ends the token', async () => {
    const [anna, bert] = [
      await invite(owner, { email: `anna.${newEmail()}` }),
      await invite(owner, { email: `bert.${newEmail()}` }),
    ];
    await expire(anna.id);
    const found = async (query: Record<string, string>): Promise<string[]> =>
      expectStatus(await owner.client.get(path, { query }), 200)
        .data<Wire<InvitationDto>[]>()
        .map(({ id }) => id);
    expect(await found({ sort: 'email' })).toEqual([anna.id, bert.id]);
    expect(await found({ search: 'ANNA.' })).toEqual([anna.id]);
    expect(await found({ status: 'open' })).toEqual([bert.id]);
    expect(await found({ status: 'expired' })).toEqual([anna.id]);
    expect(await found({ createdAfter: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    expect((await open()).find(({ id }) => id === anna.id)?.status).toBe('expired');
    expectStatus(await owner.client.delete(`${path}/${bert.id}`), 204);
    expectStatus(await owner.client.delete(`${path}/${bert.id}`), 404);
    expectStatus(await accept({ token: bert.token, password, name }), 403);
  });

  it('stands in the trail, without the token and the address', async () => {
    const { id, token, email } = await invite(owner, { role: 'auditor' });
    expectStatus(await accept({ token, password, name }), 200);
    const trail = await trailOf(owner, { resource: id });
    expect(trail.map(({ type }) => type)).toEqual(['invitation.created', 'invitation.accepted']);
    expect(trail[0]?.details).toEqual({ role: 'auditor' });
    expect(trail[1]?.actor.id).toBe((await members(email))[0]?.id);
    for (const secret of [token, email]) expect(JSON.stringify(trail)).not.toContain(secret);
  });
});

describe('accepting without being signed in', () => {
  it('makes an account that belongs to this organization only, and can sign in', async () => {
    const { token, email } = await invite(owner, { role: 'auditor' });
    const joined = expectStatus(await accept({ token, password, name }), 200);
    expect(joined.data()).toEqual({
      organization: { id: owner.organizationId, name: expect.any(String) as string },
      role: 'auditor',
    });
    expect(await members(email)).toMatchObject([{ type: 'user', name, email, role: 'auditor' }]);
    const visitor = new Client(service, { address: newAddress() });
    const { accessToken } = expectStatus(await visitor.post('/auth/login', { email, password }), 200).data<{
      accessToken: string;
    }>();
    const mine = expectStatus(await visitor.as(accessToken).get('/organizations'), 200);
    expect(mine.data<{ id: string }[]>().map(({ id }) => id)).toEqual([owner.organizationId]);
    expectStatus(await visitor.as(accessToken).get('/audit-events'), 200);
    expectStatus(await visitor.as(accessToken).post('/vaults', { name: 'Mine' }), 403);
  });

  it('is refused alike for a token that is used, expired, unknown, or of another kind', async () => {
    const used = await invite(owner);
    expectStatus(await accept({ token: used.token, password, name }), 200);
    const expired = await invite(owner);
    await expire(expired.id);
    const links = service.app.get(AccountLinksService, { strict: false });
    const operators = await links.issueInvitation(newEmail());
    const texts = new Set<string>();
    for (const token of [
      used.token,
      expired.token,
      operators.token,
      `cvinv_${'0'.repeat(49)}`,
      'x',
      owner.session,
    ]) {
      const refused = expectStatus(await accept({ token, password, name }), 403);
      texts.add(refused.text.replace(/req_\w+/, ''));
    }
    expect(texts.size).toBe(1);
    expect(await members(expired.email)).toEqual([]);
  });

  it('takes the password of an account that exists, which keeps its name and its other organization', async () => {
    const guest = await signUp(service, 'Gus Guest');
    const { token } = await invite(owner, { email: guest.email.toUpperCase(), role: 'viewer' });
    const wrong = expectStatus(await accept({ token, password: 'not the password', name }), 403);
    expect(details(wrong)).toMatchObject([{ path: 'password', code: 'wrong' }]);
    expectStatus(await accept({ token, password, name: 'Another Name' }), 200);
    expect(await members(guest.email)).toMatchObject([
      { id: guest.userId, name: 'Gus Guest', role: 'viewer' },
    ]);
    expectStatus(await askToSwitch(guest, owner.organizationId), 200);
    // The failed try stands in the trail of the account, as a failed sign-in does.
    const [refused] = await trailOf(guest, { type: 'session.refused' });
    expect(refused).toMatchObject({ reason: 'wrong password', outcome: 'denied' });
  });

  it('limits guessing at the password as sign-in does', async () => {
    const guest = await signUp(service);
    const { token } = await invite(owner, { email: guest.email });
    const thief = new Client(service, { address: newAddress() });
    const statuses: number[] = [];
    for (let tries = 0; tries < 11; tries++) {
      const body = { token, password: `wrong password ${tries}` };
      statuses.push((await thief.post('/invitations/accept', body)).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 403), 429]);
  });

  it('takes a code too for an account with a second factor, which is told only after the password', async () => {
    const guest = await signUp(service);
    const enrolled = await enrol(guest);
    const { token } = await invite(owner, { email: guest.email });
    const wrong = expectStatus(await accept({ token, password: 'not the password' }), 403);
    expect(details(wrong)).toMatchObject([{ code: 'wrong' }]);
    const refused = expectStatus(await accept({ token, password }), 403);
    expect(details(refused)).toMatchObject([{ path: 'code', code: 'code_required' }]);
    const wrongCodeSent = await accept({ token, password, code: wrongCode(enrolled) });
    expect(details(expectStatus(wrongCodeSent, 403))).toMatchObject([{ path: 'code', code: 'wrong' }]);
    expect(await members(guest.email)).toEqual([]);
    expectStatus(await accept({ token, password, recoveryCode: enrolled.recoveryCodes[0] ?? '' }), 200);
    // Their own trail tells both, as of a sign-in.
    const [denied] = await trailOf(guest, { type: 'session.mfa_refused' });
    expect(denied).toMatchObject({ reason: 'wrong code', outcome: 'denied' });
    expect(await trailOf(guest, { type: 'mfa.recovery_code_used' })).toHaveLength(1);
    expect(await trailOf(owner, { type: 'mfa.recovery_code_used' })).toEqual([]);
  });

  it('of an account with a second factor also takes its session', async () => {
    const guest = await enrol(await signUp(service));
    const { token } = await invite(owner, { email: guest.email });
    expectStatus(await guest.sessionClient.post('/me/invitations/accept', { token }), 200);
  });

  it('needs a name and a good password for a new account; then the token still works', async () => {
    const { token } = await invite(owner);
    expect(expectStatus(await accept({ token, password }), 403).text).toContain('`name`');
    const weak = expectStatus(await accept({ token, password: 'password1234', name }), 400);
    expect(details(weak)).toMatchObject([{ path: 'password' }]);
    expectStatus(await accept({ token, password, name }), 200);
  });

  it('is 409 for somebody who has become a member otherwise', async () => {
    const guest = await signUp(service);
    const { token } = await invite(owner, { email: guest.email });
    await service.database.rows(
      `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'viewer')`,
      [uuidOf('organization', owner.organizationId), uuidOf('user', guest.userId)],
    );
    expectStatus(await accept({ token, password }), 409);
    expectStatus(await guest.sessionClient.post('/me/invitations/accept', { token }), 409);
    expect(await members(guest.email)).toMatchObject([{ role: 'viewer' }]);
  });

  it('lets somebody in where registration is closed', async () => {
    const { token } = await invite(owner);
    const closed = await startTestService({
      sharing: service,
      environment: { CREDVAULT_REGISTRATION: 'closed' },
    });
    try {
      expectStatus(await accept({ token, password, name }, closed), 200);
    } finally {
      await closed.stop();
    }
  });
});

describe('accepting with a session', () => {
  it('joins with the account that has the address; the session goes on where it was', async () => {
    const guest = await signUp(service);
    const { token, id } = await invite(owner, { email: guest.email.toUpperCase(), role: 'viewer' });
    const joined = await guest.sessionClient.post('/me/invitations/accept', { token });
    expect(expectStatus(joined, 200).data()).toMatchObject({
      organization: { id: owner.organizationId },
      role: 'viewer',
    });
    expect(await members(guest.email)).toMatchObject([{ id: guest.userId, role: 'viewer' }]);
    const me = expectStatus(await guest.sessionClient.get('/organizations'), 200);
    expect(me.data<{ id: string; current: boolean }[]>().find(({ current }) => current)?.id).toBe(
      guest.organizationId,
    );
    // The trail of the inviting organization names the person, not the session, which is none of its business.
    const accepted = (await trailOf(owner, { resource: id })).find(
      ({ type }) => type === 'invitation.accepted',
    );
    expect(accepted?.actor.id).toBe(guest.userId);
    expect(accepted?.credential).toBeNull();
    expect(await trailOf(guest, { type: 'invitation.accepted' })).toHaveLength(1);
    expectStatus(await guest.sessionClient.post('/me/invitations/accept', { token }), 403);
  });

  it('refuses an invitation to another address like one that is used, and leaves it as it is', async () => {
    const guest = await signUp(service);
    const { token } = await invite(owner);
    const foreign = expectStatus(await guest.sessionClient.post('/me/invitations/accept', { token }), 403);
    const unknown = await guest.sessionClient.post('/me/invitations/accept', { token: 'cvinv_unknown' });
    expect(foreign.text.replace(/req_\w+/, '')).toBe(unknown.text.replace(/req_\w+/, ''));
    expectStatus(await accept({ token, password, name }), 200);
  });

  it('takes sessions only', async () => {
    const guest = await signUp(service);
    const { token } = await invite(owner, { email: guest.email });
    expectStatus(await guest.client.post('/me/invitations/accept', { token }), 403);
    expect(await members(guest.email)).toEqual([]);
  });
});
