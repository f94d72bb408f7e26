import { uuidOf } from '@credvault/database/typed-id.js';
import { refusalOf } from '../e2e/mfa-people.js';
import { trailOf } from '../e2e/audit-trail.js';
import { client as atProvider } from '../support/openid-provider.js';
import { expectStatus, joinAs } from '../support/people.js';
import { codeIn, comeBack, complete, pathOf, proveDomain, visitorOf } from '../support/single-sign-on.js';
import { backFrom, startRogueProvider } from './rogue-provider.js';
import { domain, RogueScene } from './rogue-scene.js';

let scene: RogueScene;

beforeAll(async () => {
  scene = await RogueScene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene?.stop());

describe('whom a provider vouches for', () => {
  it('comes in only with an address that it vouches for, in the proven domain', async () => {
    const email = `eve@${domain}`;
    const cases: [Record<string, unknown>, string][] = [
      [{ email, email_verified: false }, 'email_unverified'],
      [{ email }, 'email_unverified'],
      [{ email, email_verified: 'true' }, 'email_unverified'],
      [{ email: 'no address', email_verified: true }, 'email_unverified'],
      [{ email: 'eve@another.example', email_verified: true }, 'other_domain'],
      [{ email: `eve@sub.${domain}`, email_verified: true }, 'other_domain'],
      [{ email: `eve@${domain}.evil.example`, email_verified: true }, 'other_domain'],
    ];
    for (const [claims, reason] of cases) {
      const reply = await scene.signInAs({ sub: 'eve', ...claims });
      expect([claims, reply.status, refusalOf(reply)]).toEqual([claims, 403, reason]);
    }
    expect(await scene.usersWith(email)).toEqual([]);
  });

  it('never gets an account that is there by its address alone', async () => {
    const victim = await joinAs(scene.service, scene.owner, 'developer');
    await scene.service.database.rows(`UPDATE users SET email = $2 WHERE id = $1`, [
      uuidOf('user', victim.userId),
      `victim@${domain}`,
    ]);
    for (const email of [`victim@${domain}`, `VICTIM@${domain.toUpperCase()}`]) {
      const reply = await scene.signInAs({ sub: 'victim', email, email_verified: true });
      expect([reply.status, refusalOf(reply)]).toEqual([403, 'link_needed']);
    }
  });

  it('is another one with another subject, and with the same subject of another issuer', async () => {
    const carl = { sub: 'carl', email: `carl@${domain}`, email_verified: true };
    expect((await scene.signInAs(carl)).status).toBe(200);
    expect(refusalOf(await scene.signInAs({ ...carl, sub: 'carl-2' }))).toBe('link_needed');
    // With another address it is the same one: the subject counts.
    expect((await scene.signInAs({ ...carl, email: 'carl@another.example' })).status).toBe(200);
    const second = await startRogueProvider();
    const first = scene.rogue;
    try {
      await scene.configure({ issuer: second.issuer });
      scene.rogue = second;
      expect(refusalOf(await scene.signInAs(carl))).toBe('link_needed');
    } finally {
      scene.rogue = first;
      await scene.configure();
      await second.stop();
    }
    expect((await scene.signInAs(carl)).status).toBe(200);
  });

  it('from where the organization takes no sessions is nobody yet, and the trail names nobody', async () => {
    const claims = { sub: 'outside', email: `outside@${domain}`, email_verified: true };
    const visitor = visitorOf(scene.service);
    const { signInToken, authorizationUrl } = await scene.beginBy(visitor);
    const code = codeIn(
      await scene.comeBackAs(visitor, { signInToken, authorizationUrl, expiresAt: '' }, claims),
    );
    const allow = (addresses: string[] | null): Promise<unknown> =>
      scene.service.database.rows(`UPDATE organizations SET allowed_ips = $1 WHERE id = $2`, [
        addresses,
        uuidOf('organization', scene.owner.organizationId),
      ]);
    await allow(['203.0.113.0/24']);
    const refused = await complete(visitor, { signInToken, code });
    await allow(null);
    expect([refused.status, refusalOf(refused)]).toEqual([403, 'address_not_allowed']);
    const trail = await trailOf(scene.owner);
    expect(trail.filter(({ type }) => type === 'session.refused')).toEqual([]);
    const last = trail.findLast(({ type }) => type === 'single_sign_on.refused');
    expect(last).toMatchObject({ reason: 'address not allowed', actor: { type: 'stranger', id: null } });
    // Nothing is used up.
    expect((await complete(visitor, { signInToken, code })).status).toBe(200);
  });

  it('becomes one account when they finish twice at once', async () => {
    const claims = { sub: 'twice', email: `twice@${domain}`, email_verified: true };
    const visitors = [visitorOf(scene.service), visitorOf(scene.service), visitorOf(scene.service)];
    const proofs: { signInToken: string; code: string }[] = [];
    for (const visitor of visitors) {
      const begun = await scene.beginBy(visitor);
      proofs.push({
        signInToken: begun.signInToken,
        code: codeIn(await scene.comeBackAs(visitor, begun, claims)),
      });
    }
    // The first one by two requests as well.
    const requests = [...proofs, ...proofs.slice(0, 1)];
    const replies = await Promise.all(requests.map((proof) => complete(visitorOf(scene.service), proof)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 401]);
    expect(await scene.usersWith(claims.email)).toHaveLength(1);
  });

  it('gets no role that whoever set it up could not give any more', async () => {
    const admin = await joinAs(scene.service, scene.owner, 'admin');
    const path = pathOf(scene.owner);
    expectStatus(await admin.client.patch(path, { defaultRole: 'viewer' }), 200);
    const claims = { sub: 'late', email: `late@${domain}`, email_verified: true };
    expectStatus(
      await scene.owner.client.delete(`/organizations/${scene.owner.organizationId}/members/${admin.userId}`),
      204,
    );
    expect(refusalOf(await scene.signInAs(claims))).toBe('role_unavailable');
    expectStatus(await scene.owner.client.patch(path, { enabled: true }), 200);
    expect((await scene.signInAs(claims)).status).toBe(200);
  });
});

describe('a sign-in under way', () => {
  it('is not finished by whoever sent somebody else through it, nor by whoever only saw the code', async () => {
    const [attacker, victim] = [visitorOf(scene.service), visitorOf(scene.service)];
    const begun = await scene.beginBy(attacker);
    const waiting = await complete(attacker, { signInToken: begun.signInToken, code: '0000-0000' });
    expect([waiting.status, refusalOf(waiting)]).toEqual([409, 'pending']);
    const claims = { sub: 'phished', email: `phished@${domain}`, email_verified: true };
    const code = codeIn(await scene.comeBackAs(victim, begun, claims));
    const own = await scene.beginBy(victim);
    expect((await complete(victim, { signInToken: own.signInToken, code })).status).toBe(409);
    for (let guess = 0; guess < 5; guess += 1) {
      expect(
        (await complete(attacker, { signInToken: begun.signInToken, code: `${guess}000-0000` })).status,
      ).toBe(401);
    }
    // By now not even the right one works.
    expect((await complete(attacker, { signInToken: begun.signInToken, code })).status).toBe(401);
    expect(await scene.usersWith(claims.email)).toEqual([]);
  });

  it('ends when single sign-on is changed, switched off or deleted meanwhile', async () => {
    const changes: [() => Promise<unknown>, number][] = [
      [() => scene.configure({ clientId: 'another', clientSecret: 'secret' }), 401],
      [() => scene.configure({ enabled: false }), 403],
      [async () => expectStatus(await scene.owner.client.delete(pathOf(scene.owner)), 204), 401],
    ];
    for (const [change, status] of changes) {
      const visitor = visitorOf(scene.service);
      const [begun, proven] = [await scene.beginBy(visitor), await scene.beginBy(visitor)];
      const claims = { sub: 'midway', email: `midway@${domain}`, email_verified: true };
      const code = codeIn(await scene.comeBackAs(visitor, proven, claims));
      const before = scene.tokenCalls().length;
      await change();
      expect((await comeBack(visitor, backFrom(begun.authorizationUrl))).status).toBe(403);
      expect(scene.tokenCalls()).toHaveLength(before);
      const { signInToken } = proven;
      expect((await complete(visitor, { signInToken, code })).status).toBe(status);
      await scene.configure();
    }
    await proveDomain(scene.owner, scene.names);
  });
});

describe('the client secret', () => {
  it('goes to the issuer that it was given for, and to nobody else', async () => {
    expect((await scene.signInAs({ sub: 'carl' })).status).toBe(200);
    const [call] = scene.rogue.asked.filter(({ path }) => path === '/token');
    const sent = Buffer.from(call?.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    expect(decodeURIComponent(sent.replaceAll('+', ' '))).toBe(
      `${atProvider.clientId}:${atProvider.clientSecret}`,
    );
    const thief = await startRogueProvider();
    try {
      const path = pathOf(scene.owner);
      for (const change of [{ issuer: thief.issuer }, { clientId: 'another' }]) {
        const refused = await scene.owner.client.patch(path, change);
        expect([refused.status, refusalOf(refused)]).toEqual([400, 'missing']);
      }
      // Written past the scene.service, it does not open.
      await scene.service.database.rows(`UPDATE single_sign_on SET issuer = $1`, [thief.issuer]);
      const reply = await visitorOf(scene.service).post('/auth/single-sign-on', {
        organizationId: scene.owner.organizationId,
      });
      expect(reply.status).toBe(500);
      expect(thief.asked.filter(({ path: asked }) => asked === '/token')).toEqual([]);
    } finally {
      await scene.configure();
      await proveDomain(scene.owner, scene.names);
      await thief.stop();
    }
  });

  it('is in no answer, log or row', async () => {
    const rows = await scene.service.database.rows<{ text: string }>(
      `SELECT encode(client_secret, 'escape') || s::text AS text FROM single_sign_on s
       UNION ALL SELECT a::text FROM audit_events a UNION ALL SELECT t::text FROM single_sign_on_attempts t`,
    );
    const reply = await scene.owner.client.get(pathOf(scene.owner));
    const everywhere = [...rows.map(({ text }) => text), ...scene.service.logs, reply.text].join('\n');
    expect(reply.data()).toMatchObject({ hasClientSecret: true });
    expect(everywhere).not.toContain(atProvider.clientSecret);
  });
});
