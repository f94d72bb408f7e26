import { uuidOf } from '@credvault/database/typed-id.js';
import type { MemberDto } from '../../apps/api/src/members/member.dto.js';
import { Client, type Reply } from '../support/client.js';
import { apiKeyOf } from '../support/keys.js';
import {
  expectStatus,
  invite,
  memberOf,
  newAddress,
  newEmail,
  password,
  type Person,
  signUp,
} from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

let service: TestService;
let owner: Person;
let place: string;

beforeAll(async () => {
  service = await startTestService();
});
beforeEach(async () => {
  owner = await signUp(service, 'Olivia Owner');
  place = `/organizations/${owner.organizationId}`;
});
afterAll(() => service.stop());

function accept(token: string): Promise<Reply> {
  const visitor = new Client(service, { address: newAddress() });
  return visitor.post('/invitations/accept', { token, password, name: 'Eve' });
}

async function roles(): Promise<string[]> {
  const reply = expectStatus(await owner.client.get(`${place}/members`), 200);
  return reply.data<Wire<MemberDto>[]>().map(({ role }) => role);
}

/** What an insider prepares before they lose their rights must not give those rights back. */
describe('an invitation made by somebody who loses their rights', () => {
  it('works as long as they have them: otherwise the tests below could not fail', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const { token } = await invite(admin, { role: 'admin' });
    expectStatus(await accept(token), 200);
  });

  it('dies with their membership', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const { token } = await invite(admin, { role: 'admin' });
    expectStatus(await owner.sessionClient.delete(`${place}/members/${admin.userId}`), 204);
    expectStatus(await accept(token), 403);
    expect(await roles()).toEqual(['owner']);
  });

  it('dies with their role', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const [high, low] = [await invite(admin, { role: 'admin' }), await invite(admin, { role: 'viewer' })];
    const body = { role: 'viewer' };
    expectStatus(await owner.client.patch(`${place}/members/${admin.userId}`, body), 200);
    for (const { token } of [high, low]) expectStatus(await accept(token), 403);
    expect(await roles()).toEqual(['owner', 'viewer']);
  });

  it('gives a custom role as it is now, if they could still give that', async () => {
    const admin = await memberOf(service, owner, 'admin');
    const role = { name: 'Growing', scopes: ['organization:read'] };
    const { id } = expectStatus(await owner.client.post('/roles', role), 201).data<{ id: string }>();
    const { token } = await invite(admin, { role: id });
    const wider = { scopes: ['organization:read', 'billing:manage'] };
    expectStatus(await owner.client.patch(`/roles/${id}`, wider), 200);
    expectStatus(await accept(token), 403);
  });
});

describe('an invitation', () => {
  it('of a key is bound to what the key may do', async () => {
    const key = await apiKeyOf(owner, { scopes: ['team:manage', 'organization:read'] });
    const ask = (role: string): Promise<Reply> =>
      key.client.post(`${place}/invitations`, { email: newEmail(), role });
    for (const role of ['owner', 'admin', 'developer', 'viewer']) expectStatus(await ask(role), 403);
    const ending = await apiKeyOf(owner, { expiresIn: '30d' });
    const body = { email: newEmail(), role: 'viewer' };
    expectStatus(await ending.client.post(`${place}/invitations`, body), 403);
  });

  it('cannot be made, seen or taken back from another organization', async () => {
    const { id } = await invite(owner);
    const stranger = await signUp(service);
    const body = { email: newEmail(), role: 'viewer' };
    expectStatus(await stranger.client.post(`${place}/invitations`, body), 404);
    expectStatus(await stranger.client.get(`${place}/invitations`), 404);
    for (const base of [place, `/organizations/${stranger.organizationId}`]) {
      expectStatus(await stranger.client.get(`${base}/invitations/${id}`), 404);
      expectStatus(await stranger.client.delete(`${base}/invitations/${id}`), 404);
    }
    expectStatus(await owner.client.get(`${place}/invitations/${id}`), 200);
  });

  it('is for the address it was sent to: an account that had it before cannot accept', async () => {
    const guest = await signUp(service);
    const { token } = await invite(owner, { email: guest.email });
    await service.database.rows(`UPDATE users SET email = $2 WHERE id = $1`, [
      uuidOf('user', guest.userId),
      newEmail(),
    ]);
    expectStatus(await guest.sessionClient.post('/me/invitations/accept', { token }), 403);
    expect(await roles()).toEqual(['owner']);
  });

  it('token opens no door, and is none for registration', async () => {
    const { token, email } = await invite(owner);
    expectStatus(await new Client(service, { address: newAddress(), token }).get('/me'), 401);
    const visitor = new Client(service, { address: newAddress() });
    const body = { email, password, name: 'Eve', setupToken: token };
    expectStatus(await visitor.post('/auth/register', body), 403);
  });

  it('does not tell by its refusal whether the address has an account, before the token is right', async () => {
    const guest = await signUp(service);
    const replies = [
      await new Client(service, { address: newAddress() }).post('/invitations/accept', {
        token: 'cvinv_wrong',
        password: guest.password,
      }),
      await accept('cvinv_wrong'),
    ];
    expect(new Set(replies.map(({ status, text }) => status + text.replace(/req_\w+/, ''))).size).toBe(1);
  });

  it('does not tell by a weak password either', async () => {
    const known = await signUp(service);
    const told = await Promise.all(
      [known.email, newEmail()].map(async (email) => {
        const { token } = await invite(owner, { email, role: 'viewer' });
        const visitor = new Client(service, { address: newAddress() });
        const body = { token, password: 'password1234', name: 'Eve' };
        const { status, text } = await visitor.post('/invitations/accept', body);
        return [status, text.replace(/req_\w+/, '')];
      }),
    );
    expect(told[0]?.[0]).toBe(400);
    expect(told[0]).toEqual(told[1]);
  });

  it('tries with tokens are limited by address', async () => {
    const thief = new Client(service, { address: newAddress() });
    const statuses = new Set<number>();
    for (let tries = 0; tries < 21; tries++) {
      const body = { token: `cvinv_${tries}`, password };
      statuses.add((await thief.post('/invitations/accept', body)).status);
    }
    expect([...statuses]).toEqual([403, 429]);
  });
});
