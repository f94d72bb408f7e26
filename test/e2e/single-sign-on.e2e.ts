import { startNameServer, type NameServer } from '../support/name-server.js';
import {
  allowingProvider,
  client,
  startOpenIdProvider,
  type OpenIdProvider,
} from '../support/openid-provider.js';
import { expectStatus, joinAs, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import {
  begin,
  codeIn,
  comeBack,
  complete,
  configurationBy,
  pathOf,
  proveDomain,
  proveTo,
  sessionOf,
  setUp,
  signInBy,
  visitorOf,
  type SingleSignOnAnswer,
  type Tokens,
} from '../support/single-sign-on.js';
import { trailOf } from './audit-trail.js';
import { ageStepUps, refusalOf, setStepUps } from './mfa-people.js';

let service: TestService;
let provider: OpenIdProvider;
let names: NameServer;
let owner: Person;

beforeAll(async () => {
  [provider, names] = [await startOpenIdProvider(), await startNameServer()];
  const environment = { ...allowingProvider, CREDVAULT_DNS_SERVERS: names.address };
  service = await startTestService({ environment });
});
afterAll(async () => {
  await service?.stop();
  await provider.stop();
  await names.stop();
});

/** Somebody whom the provider knows. */
function known(
  sub: string,
  domain = 'acme.example',
): { sub: string; email: string; email_verified: true; name: string } {
  const account = { sub, email: `${sub}@${domain}`, email_verified: true as const, name: `The ${sub}` };
  provider.accounts.set(sub, account);
  return account;
}

describe('setting single sign-on up', () => {
  beforeEach(async () => {
    owner = await signUp(service, 'Olga Owner');
  });

  it('begins with nothing: 404 to whoever asks, changes or signs in', async () => {
    const path = pathOf(owner);
    expect((await owner.client.get(path)).status).toBe(404);
    expect((await owner.client.patch(path, { enabled: false })).status).toBe(404);
    expect((await owner.client.delete(path)).status).toBe(404);
    expect((await owner.client.post(`${path}/verify-domain`, { domain: 'acme.example' })).status).toBe(404);
    const stale = await owner.client.put(path, configurationBy(provider, 'acme.example'), {
      headers: { 'if-match': '"nothing"' },
    });
    expect(stale.status).toBe(412);
    for (const target of [
      { organizationId: owner.organizationId },
      { organizationId: 'org_no' },
      { domain: 'nobodys.example' },
    ]) {
      expect((await visitorOf(service).post('/auth/single-sign-on', target)).status).toBe(404);
    }
    expect((await owner.sessionClient.post('/auth/single-sign-on/link')).status).toBe(404);
  });

  it('shows everything but the secret, and what to tell the provider and the name server', async () => {
    const answer = await setUp(owner, provider, { domain: 'ACME.example' });
    expect(answer).toMatchObject({ issuer: provider.issuer, domain: 'acme.example', domainVerifiedAt: null });
    expect(answer).toMatchObject({
      clientId: client.clientId,
      hasClientSecret: true,
      defaultRole: 'developer',
    });
    expect(answer.redirectUri).toMatch(
      new RegExp(`/api/v1/auth/single-sign-on/callback/${owner.organizationId}$`),
    );
    expect(answer.domainChallenge.name).toBe('_credvault-challenge.acme.example');
    expect(answer.domainChallenge.value).toMatch(/^credvault-domain-verification=[\w-]{32}$/);
    expect(JSON.stringify(answer)).not.toContain(client.clientSecret);
    const [configured] = (await trailOf(owner)).filter(({ type }) => type === 'single_sign_on.configured');
    expect(configured?.details).toMatchObject({ domain: 'acme.example', defaultRole: 'developer' });
  });

  it('refuses what no sign-in could use', async () => {
    await setUp(owner, provider, {});
    for (const change of [
      { issuer: 'http://login.example.com' },
      { issuer: 'http://localhost:1234' },
      { issuer: 'https://user:password@login.example.com' },
      { issuer: 'https://login.example.com?tenant=1' },
      { issuer: 'javascript:alert(1)' },
      { issuer: 'no URL' },
      { domain: 'localhost' },
      { domain: '127.0.0.1' },
      { domain: '*.example.com' },
      { domain: 'example.com/path' },
      { defaultRole: 'owner' },
      { defaultRole: 'emperor' },
      { clientSecret: 'a\nb' },
      { clientId: 'two words' },
    ]) {
      expect([change, (await owner.client.patch(pathOf(owner), change)).status]).toEqual([change, 400]);
    }
  });

  it('takes settings:modify, a step-up, and a role that lies within one’s own', async () => {
    await setUp(owner, provider, {});
    const [admin, developer] = [
      await joinAs(service, owner, 'admin'),
      await joinAs(service, owner, 'developer'),
    ];
    const path = pathOf(owner);
    expect((await developer.client.get(path)).status).toBe(403);
    expect((await developer.client.patch(path, { enabled: false })).status).toBe(403);
    const [billing, admitted] = [{ defaultRole: 'billing' }, { defaultRole: 'viewer' }];
    expect((await admin.client.patch(path, billing)).status).toBe(403);
    expect((await admin.client.patch(path, admitted)).status).toBe(200);
    await ageStepUps(admin, 6);
    expect(refusalOf(await admin.sessionClient.patch(path, admitted))).toBe('STEP_UP_REQUIRED');
    expect(refusalOf(await admin.sessionClient.delete(path))).toBe('STEP_UP_REQUIRED');
    expect((await owner.client.patch(path, { defaultRole: 'developer' })).status).toBe(200);
  });

  it('proves a domain by its name server, for one organization', async () => {
    const path = pathOf(owner);
    await setUp(owner, provider, { domain: 'proven.example' });
    const verify = (domain = 'proven.example'): ReturnType<typeof owner.client.post> =>
      owner.client.post(`${path}/verify-domain`, { domain });
    const { domainChallenge } = (await owner.client.get(path)).data<SingleSignOnAnswer>();
    expect((await verify('another.example')).status).toBe(400);
    for (const shown of [undefined, [], ['credvault-domain-verification=guessed'], 'silent' as const]) {
      if (shown) names.texts.set(domainChallenge.name, shown);
      expect([shown, refusalOf(await verify())]).toEqual([shown, 'not_proven']);
    }
    names.texts.set(domainChallenge.name, ['v=spf1 -all', domainChallenge.value]);
    const proven = expectStatus(await verify(), 200).data<SingleSignOnAnswer>();
    expect(proven.domainVerifiedAt).toEqual(expect.any(String));
    // Another domain has to be proven again; the same one in other letters has not.
    await setUp(owner, provider, { domain: 'Proven.Example' });
    expect((await owner.client.get(path)).data()).toMatchObject({
      domainVerifiedAt: proven.domainVerifiedAt,
    });

    const rival = await signUp(service, 'Rita Rival');
    await setUp(rival, provider, { domain: 'proven.example' });
    const theirs = (await rival.client.get(pathOf(rival))).data<SingleSignOnAnswer>().domainChallenge;
    names.texts.set(theirs.name, [domainChallenge.value, theirs.value]);
    const taken = await rival.client.post(`${pathOf(rival)}/verify-domain`, { domain: 'proven.example' });
    expect([taken.status, refusalOf(taken)]).toEqual([409, 'taken']);
  });
});

describe('signing in by a provider', () => {
  beforeAll(async () => {
    owner = await signUp(service, 'Olga Owner');
    await setUp(owner, provider, { domain: 'acme.example' });
    await proveDomain(owner, names);
  });

  it('makes an account with the default role for somebody new, and is the same account later', async () => {
    const { sub, email, name } = known('nora');
    const first = await signInBy(service, provider, { domain: 'Acme.example' }, sub);
    const { user } = expectStatus(first, 200).data<Tokens>();
    expect(user).toMatchObject({ name, email });
    const member = await owner.client.get(`/organizations/${owner.organizationId}/members/${user.id}`);
    expect(member.data()).toMatchObject({ role: 'developer' });
    const again = await signInBy(service, provider, { email }, sub);
    expect(again.data<Tokens>().user.id).toBe(user.id);
    const events = (await trailOf(owner)).filter(({ actor }) => actor.id === user.id);
    const created = events.find(({ type }) => type === 'session.created');
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['member.joined', 'session.created']),
    );
    expect(created?.details).toMatchObject({ externalIdentity: expect.stringMatching(/^idn_/) as string });
    // There is no password to guess.
    const guess = await visitorOf(service).post('/auth/login', { email, password: 'null' });
    expect(guess.status).toBe(401);
  });

  it('needs exactly one of organization, domain and address, and finds nobody by a domain that is not proven', async () => {
    const visitor = visitorOf(service);
    for (const target of [{}, { domain: 'acme.example', email: 'a@acme.example' }, { email: 'none' }]) {
      expect((await visitor.post('/auth/single-sign-on', target)).status).toBe(400);
    }
    expect((await visitor.post('/auth/single-sign-on', { email: 'a@sub.acme.example' })).status).toBe(404);
    await owner.client.patch(pathOf(owner), { enabled: false });
    expect((await visitor.post('/auth/single-sign-on', { domain: 'acme.example' })).status).toBe(404);
    await owner.client.patch(pathOf(owner), { enabled: true });
  });

  it('tells whoever began too early to wait, and works once', async () => {
    const { sub } = known('once');
    const visitor = visitorOf(service);
    const begun = await begin(visitor, { organizationId: owner.organizationId });
    expect((await complete(visitor, { signInToken: begun.signInToken, code: '0000-0000' })).status).toBe(409);
    const proof = await proveTo(visitor, provider, begun, sub);
    const typed = { ...proof, code: ` ${proof.code.toUpperCase().replace('-', ' ')} ` };
    expect((await complete(visitor, typed)).status).toBe(200);
    expect((await complete(visitor, proof)).status).toBe(401);
  });

  it('shows the code on a page that nobody keeps', async () => {
    const visitor = visitorOf(service);
    const begun = await begin(visitor, { organizationId: owner.organizationId });
    const page = await comeBack(visitor, await provider.browse(begun.authorizationUrl, known('reader').sub));
    expect(page.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    expect(page.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(codeIn(page)).not.toBe('');
  });

  it('counts as a step-up when the provider has just asked, and asks again when it must', async () => {
    const { sub } = known('stepper');
    const session = sessionOf(
      service,
      await signInBy(service, provider, { domain: 'acme.example', stepUp: true }, sub),
    );
    expect((await session.get('/auth/mfa')).data()).toMatchObject({
      steppedUpUntil: expect.any(String) as string,
    });
    const visitor = visitorOf(service);
    const begun = await begin(visitor, { domain: 'acme.example', stepUp: true });
    expect(Object.fromEntries(new URL(begun.authorizationUrl).searchParams)).toMatchObject({
      max_age: '300',
      prompt: 'login',
    });
    await service.database.rows(`UPDATE sessions SET stepped_up_at = now() - interval '6 minutes'`);
    const refused = await sessionOf(
      service,
      await signInBy(service, provider, { domain: 'acme.example' }, sub),
    ).post('/auth/step-up', { password: 'there is none' });
    expect([refused.status, refusalOf(refused)]).toEqual([403, 'none']);
  });

  it('lasts a day at most, and refreshing keeps what it is', async () => {
    const reply = await signInBy(service, provider, { domain: 'acme.example' }, known('daily').sub);
    const { refreshToken, user } = reply.data<Tokens>();
    const [row] = await service.database.rows<{ hours: number }>(
      `SELECT extract(epoch FROM absolute_expires_at - created_at)::int / 3600 AS hours FROM sessions
       WHERE external_identity_id = (SELECT id FROM external_identities WHERE subject = 'daily')`,
    );
    expect(row).toEqual({ hours: 24 });
    const renewed = await visitorOf(service).post('/auth/refresh', { refreshToken });
    const session = sessionOf(service, renewed);
    expect((await session.post('/auth/switch', { organizationId: owner.organizationId })).status).toBe(403);
    const path = `/organizations/${owner.organizationId}/members/${user.id}`;
    expectStatus(await owner.client.delete(path), 204);
    expect((await session.get('/me')).status).toBe(401);
    const back = await signInBy(service, provider, { domain: 'acme.example' }, 'daily');
    expect([back.status, refusalOf(back)]).toEqual([403, 'link_needed']);
    const refusals = (await trailOf(owner)).filter(({ type }) => type === 'single_sign_on.refused');
    expect(refusals.at(-1)).toMatchObject({ outcome: 'denied', reason: 'link needed' });
  });

  it('is over for everybody once it is deleted', async () => {
    const leaving = await signUp(service, 'Lea Leaving');
    await setUp(leaving, provider, { domain: 'last.example' });
    await proveDomain(leaving, names);
    const { sub } = known('last', 'last.example');
    const session = sessionOf(service, await signInBy(service, provider, { domain: 'last.example' }, sub));
    expect((await session.get('/me')).status).toBe(200);
    await setStepUps(leaving, 'now()');
    expectStatus(await leaving.sessionClient.delete(pathOf(leaving)), 204);
    expect((await session.get('/me')).status).toBe(401);
    expect((await leaving.client.get(pathOf(leaving))).status).toBe(404);
    // Set up again, it knows its people again.
    await setUp(leaving, provider, { domain: 'last.example' });
    const again = await signInBy(service, provider, { organizationId: leaving.organizationId }, sub);
    expect(again.status).toBe(200);
  });
});
