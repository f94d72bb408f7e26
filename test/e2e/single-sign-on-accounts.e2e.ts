import { setTimeout as sleep } from 'node:timers/promises';
import { uuidOf } from '@credvault/database/typed-id.js';
import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { ExternalIdentityDto } from '../../apps/api/src/single-sign-on/external-identity.dto.js';
import type { Client, Reply } from '../support/client.js';
import { organizationOf } from '../support/organizations.js';
import { allowingProvider, startOpenIdProvider, type OpenIdProvider } from '../support/openid-provider.js';
import { expectStatus, joinAs, password, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import {
  pathOf,
  proveTo,
  sessionOf,
  setUp,
  signInBy,
  visitorOf,
  type Begun,
} from '../support/single-sign-on.js';
import type { Wire } from '../support/wire.js';
import { trailOf } from './audit-trail.js';
import { ageStepUps, enrol, refusalOf, setStepUps } from './mfa-people.js';

type Identity = Wire<ExternalIdentityDto>;

let service: TestService;
let provider: OpenIdProvider;
/** Administers the installation, too, as the first account. */
let owner: Person;

beforeAll(async () => {
  provider = await startOpenIdProvider();
  service = await startTestService({ environment: allowingProvider });
  owner = await signUp(service, 'Olga Owner');
  await setUp(owner, provider, {});
});
afterAll(async () => {
  await service?.stop();
  await provider.stop();
});

async function beginLink(person: Person): Promise<Begun> {
  return expectStatus(await person.sessionClient.post('/auth/single-sign-on/link'), 200).data<Begun>();
}

async function proofOfLink(person: Person, sub: string): Promise<{ signInToken: string; code: string }> {
  return proveTo(visitorOf(service), provider, await beginLink(person), sub);
}

async function linked(person: Person, sub: string): Promise<Identity> {
  const reply = await person.sessionClient.post('/me/external-identities', await proofOfLink(person, sub));
  return expectStatus(reply, 201).data<Identity>();
}

function signIn(sub: string, stepUp = false): Promise<Reply> {
  return signInBy(service, provider, { organizationId: owner.organizationId, stepUp }, sub);
}

describe('linking an identity to an account that is there', () => {
  it('takes the session that asked for it, and then signs in to that account', async () => {
    const [bob, eve] = [await joinAs(service, owner, 'developer'), await joinAs(service, owner, 'developer')];
    const proof = await proofOfLink(bob, 'bob');
    const link = (by: Client, body: object): Promise<Reply> => by.post('/me/external-identities', body);
    // Neither somebody else, nor another session of the same person, nor a sign-in takes it.
    expect((await link(eve.sessionClient, proof)).status).toBe(403);
    const again = await visitorOf(service).post('/auth/login', { email: bob.email, password });
    expect((await link(sessionOf(service, again), proof)).status).toBe(403);
    expect((await visitorOf(service).post('/auth/single-sign-on/complete', proof)).status).toBe(401);
    const identity = expectStatus(await link(bob.sessionClient, proof), 201).data<Identity>();
    expect(identity).toMatchObject({ issuer: provider.issuer, subject: 'bob', lastUsedAt: null });
    expect((await link(bob.sessionClient, proof)).status).toBe(403);

    const session = sessionOf(service, await signIn('bob'));
    expect((await session.get('/me')).data()).toMatchObject({ email: bob.email });
    const listed = (await session.get('/me/external-identities')).data<Identity[]>();
    expect(listed).toEqual([{ ...identity, lastUsedAt: expect.any(String) as string }]);

    const other = await link(eve.sessionClient, await proofOfLink(eve, 'bob'));
    expect([other.status, refusalOf(other)]).toEqual([409, 'duplicate']);
    const waiting = { signInToken: (await beginLink(eve)).signInToken, code: '0000-0000' };
    expect(refusalOf(await link(eve.sessionClient, waiting))).toBe('pending');
    const types = (await trailOf(owner)).map(({ type }) => type);
    expect(types).toContain('external_identity.linked');
  });

  it('takes a step-up; a sign-in is no link', async () => {
    const cora = await joinAs(service, owner, 'developer');
    const proof = await proofOfLink(cora, 'cora');
    await ageStepUps(cora, 6);
    expect(refusalOf(await cora.sessionClient.post('/auth/single-sign-on/link'))).toBe('STEP_UP_REQUIRED');
    expect(refusalOf(await cora.sessionClient.post('/me/external-identities', proof))).toBe(
      'STEP_UP_REQUIRED',
    );
    await setStepUps(cora, 'now()');
    expect((await cora.sessionClient.post('/me/external-identities', proof)).status).toBe(201);
  });

  it('is undone at once: the sessions end, and nobody signs in by it', async () => {
    const dan = await joinAs(service, owner, 'developer');
    const { id } = await linked(dan, 'dan');
    const session = sessionOf(service, await signIn('dan'));
    const path = `/me/external-identities/${id}`;
    expect((await owner.sessionClient.delete(path)).status).toBe(404);
    expectStatus(await dan.sessionClient.delete(path), 204);
    expect((await dan.sessionClient.get(path)).status).toBe(404);
    expect((await session.get('/me')).status).toBe(401);
    expect((await signIn('dan')).status).toBe(403);
  });

  it('is 409 where the provider cannot be used, and 404 where it is switched off', async () => {
    const gina = await signUp(service, 'Gina Gone');
    await setUp(gina, provider, { issuer: `${provider.issuer}/nowhere` });
    expect(refusalOf(await gina.sessionClient.post('/auth/single-sign-on/link'))).toBe('unusable');
    const target = { organizationId: gina.organizationId };
    expect((await visitorOf(service).post('/auth/single-sign-on', target)).status).toBe(409);
    await setUp(gina, provider, { enabled: false });
    expect((await gina.sessionClient.post('/auth/single-sign-on/link')).status).toBe(404);
  });
});

describe('a session that a provider vouched for', () => {
  let session: Client;
  let elsewhere: string;

  beforeAll(async () => {
    elsewhere = (await organizationOf(owner, 'Elsewhere')).id;
    await linked(owner, 'olga');
    session = sessionOf(service, await signIn('olga', true));
  });

  it.each<[string, (client: Client) => Promise<Reply>]>([
    [
      'switches to no other organization',
      (client) => client.post('/auth/switch', { organizationId: elsewhere }),
    ],
    ['makes no organization', (client) => client.post('/organizations', { name: 'Mine' })],
    [
      'changes no password',
      (client) => client.post('/auth/password', { currentPassword: password, newPassword: `${password}!` }),
    ],
    [
      'changes no e-mail address',
      (client) => client.post('/auth/email', { currentPassword: password, newEmail: 'a@example.com' }),
    ],
    ['changes no name', (client) => client.patch('/me', { name: 'Olga Other' })],
    ['enrols no second factor', (client) => client.post('/auth/mfa/totp', { currentPassword: password })],
    ['switches none off', (client) => client.delete('/auth/mfa')],
    ['replaces no recovery codes', (client) => client.post('/auth/mfa/recovery-codes')],
    ['accepts no invitation', (client) => client.post('/me/invitations/accept', { token: 'cvinv_no' })],
    ['links nothing', (client) => client.post('/auth/single-sign-on/link')],
  ])('%s', async (_, attempt) => {
    const reply = await attempt(session);
    expect([reply.status, refusalOf(reply)]).toEqual([403, 'own_sign_in_required']);
  });

  it('knows of its own organization only, and administers nothing beyond it; nor does a token that it made', async () => {
    const minted = await session.post('/api-tokens', { name: 'Made by the provider’s word' });
    const { token } = expectStatus(minted, 201).data<Wire<MintedApiTokenDto>>();
    for (const client of [session, visitorOf(service).as(token)]) {
      const organizations = (await client.get('/organizations')).data<{ id: string }[]>();
      expect(organizations.map(({ id }) => id)).toEqual([owner.organizationId]);
      expect((await client.get(`/organizations/${elsewhere}`)).status).toBe(404);
      expect(refusalOf(await client.get('/admin/plans'))).toBe('administrator_required');
      expect((await client.post('/organizations', { name: 'Mine' })).status).toBe(403);
      expect((await client.get('/vaults')).status).toBe(200);
    }
    expect((await owner.client.get('/admin/plans')).status).toBe(200);
    expect((await owner.client.get('/organizations')).data<unknown[]>()).toHaveLength(2);
  });

  it('may be followed by a password: whoever owns the mailbox asks for one', async () => {
    const sub = 'paul';
    const [email, newPassword] = [`${sub}@mail.example`, 'slow herons count the tide'];
    const { userId } = await joinAs(service, owner, 'developer');
    const id = uuidOf('user', userId) ?? '';
    // As the provider's word makes them.
    await service.database.rows(`UPDATE users SET email = $2, password_hash = NULL WHERE id = $1`, [
      id,
      email,
    ]);
    const links = service.app.get(AccountLinksService, { strict: false });
    const { token } = await service.database.transaction((transaction) =>
      links.issuePasswordReset(transaction, id),
    );
    const visitor = visitorOf(service);
    for (const guess of ['null', '']) {
      expect((await visitor.post('/auth/login', { email, password: guess })).status).not.toBe(200);
    }
    expectStatus(await visitor.post('/auth/password/reset', { token, newPassword }), 204);
    expectStatus(await visitor.post('/auth/login', { email, password: newPassword }), 200);
  });

  it('is not asked for the second factor that the organization wants: that is the provider’s matter', async () => {
    const path = `/organizations/${owner.organizationId}/settings`;
    const hans = await joinAs(service, owner, 'viewer');
    await linked(hans, 'hans');
    const byProvider = sessionOf(service, await signIn('hans', true));
    await service.database.rows(`UPDATE organizations SET require_mfa = true WHERE id = $1`, [
      uuidOf('organization', owner.organizationId),
    ]);
    await enrol(owner);
    expect((await hans.sessionClient.get(path)).status).toBe(403);
    expect((await byProvider.get(path)).status).toBe(200);
    // Nor is a token that it makes, as long as there is a provider.
    const minted = await byProvider.post('/api-tokens', { name: 'Made by the provider’s word' });
    const byToken = visitorOf(service).as(expectStatus(minted, 201).data<Wire<MintedApiTokenDto>>().token);
    const mint = (): Promise<Reply> => byToken.post('/api-tokens', { name: 'A successor' });
    expect((await byToken.get(path)).status).toBe(200);
    expectStatus(await owner.client.patch(pathOf(owner), { enabled: false }), 200);
    expect([(await byToken.get(path)).status, (await mint()).status]).toEqual([403, 403]);
    expectStatus(await owner.client.patch(pathOf(owner), { enabled: true }), 200);
    expect((await byToken.get(path)).status).toBe(200);
    // Behind the service's back, as by another process of it: a trigger tells.
    await service.database.rows(`UPDATE single_sign_on SET enabled = false`);
    while ((await byToken.get(path)).status === 200) await sleep(20);
    expect((await mint()).status).toBe(403);
  });
});
