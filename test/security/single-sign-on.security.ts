import { refusalOf } from '../e2e/mfa-people.js';
import type { Reply } from '../support/client.js';
import { signUp } from '../support/people.js';
import { comeBack, complete, visitorOf } from '../support/single-sign-on.js';
import { backFrom, challengeOf, documentOf, rightClaims, type Answer } from './rogue-provider.js';
import { RogueScene } from './rogue-scene.js';

let scene: RogueScene;

beforeAll(async () => {
  scene = await RogueScene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene?.stop());

describe('the answer of a provider', () => {
  it('is taken once, also when it comes twice at once, and with the one verifier that its question had', async () => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    scene.rogue.claims = rightClaims(begun.authorizationUrl, 'somebody');
    const back = backFrom(begun.authorizationUrl);
    const replies = await Promise.all([1, 2, 3, 4].map(() => comeBack(visitor, back)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403]);
    expect((await comeBack(visitor, back)).status).toBe(403);
    const [call = '', ...more] = scene.tokenCalls();
    expect(more).toEqual([]);
    const asked = new URL(begun.authorizationUrl).searchParams;
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(challengeOf(new URLSearchParams(call).get('code_verifier') ?? '')).toBe(
      asked.get('code_challenge'),
    );
  });

  it('is not taken with a state that nobody asked with, of another organization, or too late', async () => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    const back = backFrom(begun.authorizationUrl);
    const mallory = await signUp(scene.service, 'Mallory Stranger');
    const elsewhere = new URL(back.href.replace(scene.owner.organizationId, mallory.organizationId));
    const unknown = backFrom(begun.authorizationUrl, { state: 'guessed' });
    const stateless = backFrom(begun.authorizationUrl, { state: null });
    for (const url of [elsewhere, unknown, stateless]) {
      const refused = await comeBack(visitor, url);
      expect([refused.status, refusalOf(refused)]).toEqual([403, 'refused']);
    }
    await scene.service.database.rows(`UPDATE single_sign_on_attempts SET expires_at = now()`);
    expect((await comeBack(visitor, back)).status).toBe(403);
    expect(scene.tokenCalls()).toEqual([]);
  });

  it('is not used up by what a page makes a browser ask: states that nobody gave out, or HEAD', async () => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    const junk = backFrom(begun.authorizationUrl, { state: 'junk' });
    const replies = await Promise.all(Array.from({ length: 60 }, () => comeBack(visitor, junk)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([403]));
    const { pathname, search } = backFrom(begun.authorizationUrl);
    const options = { fromRoot: true, undocumented: true };
    const head = await visitor.request('HEAD', pathname + search, options);
    expect([head.status, head.headers['allow']]).toEqual([405, 'GET, OPTIONS']);
    expect((await scene.comeBackAs(visitor, begun, {})).status).toBe(200);
  });

  it('is not taken from another issuer: its code goes to nobody (mix-up)', async () => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    const mixed = backFrom(begun.authorizationUrl, { iss: 'https://honest.example' });
    expect((await comeBack(visitor, mixed)).status).toBe(403);
    expect(scene.tokenCalls()).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['for another client', { aud: 'another client' }, {}],
    ['with another nonce', { nonce: 'of another sign-in' }, {}],
    ['without a nonce', { nonce: undefined }, {}],
    ['of another issuer', { iss: 'https://honest.example' }, {}],
    ['that ended an hour ago', { exp: Math.floor(Date.now() / 1000) - 3600 }, {}],
    ['without a subject', { sub: undefined }, {}],
    ['whose subject is too long', { sub: 'x'.repeat(256) }, {}],
    ['whose subject is no text', { sub: { toString: 'x' } }, {}],
    ['that nobody signed', {}, { alg: 'none' }],
    ['that says it is signed with a shared secret', {}, { alg: 'HS256' }],
    ['signed with a key that the provider does not show', {}, { kid: 'another' }],
  ])('is refused with an ID token %s', async (_, claims, header) => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    scene.rogue.header = header;
    const reply = await scene.comeBackAs(visitor, begun, claims);
    expect([reply.status, refusalOf(reply)]).toEqual([403, 'refused']);
    const done = await complete(visitor, { signInToken: begun.signInToken, code: '0000-0000' });
    expect(done.status).toBe(401);
  });

  it('that says no is told, and ends the attempt', async () => {
    const visitor = visitorOf(scene.service);
    const begun = await scene.beginBy(visitor);
    const denied = { code: null, error: 'access_denied', error_description: '<script>' };
    const reply = await comeBack(visitor, backFrom(begun.authorizationUrl, denied));
    expect(reply.status).toBe(403);
    expect(reply.text).toContain('access_denied');
    expect(reply.text).not.toContain('script');
    expect((await comeBack(visitor, backFrom(begun.authorizationUrl))).status).toBe(403);
  });
});

describe('many who begin', () => {
  it('at once wait for one call of the provider, and for nothing once it is known', async () => {
    const issuer = `${scene.rogue.issuer}/many`;
    const document = '/many/.well-known/openid-configuration';
    scene.rogue.answers.set(document, { ...documentOf(scene.rogue.issuer), issuer });
    await scene.configure({ issuer });
    for (let round = 0; round < 2; round += 1) {
      const begun = Array.from({ length: 60 }, () => scene.beginBy(visitorOf(scene.service)));
      expect(new Set((await Promise.all(begun)).map(({ signInToken }) => signInToken)).size).toBe(60);
    }
    expect(scene.rogue.asked.filter(({ path }) => path === document)).toHaveLength(1);
    await scene.configure();
  });

  it('and never finish take the room of the oldest of them, and no more', async () => {
    const visitor = visitorOf(scene.service);
    const [oldest, late] = [await scene.beginBy(visitor), await scene.beginBy(visitor)];
    const { database } = scene.service;
    const aged = `UPDATE single_sign_on_attempts SET expires_at = now() + make_interval(secs => $1)
      WHERE state_digest IN (SELECT state_digest FROM single_sign_on_attempts ORDER BY expires_at LIMIT $2)`;
    await database.rows(`DELETE FROM single_sign_on_attempts
      WHERE state_digest NOT IN (SELECT state_digest FROM single_sign_on_attempts ORDER BY expires_at DESC LIMIT 2)`);
    await database.rows(aged, [10, 1]);
    await database.rows(`INSERT INTO single_sign_on_attempts
        (state_digest, token_digest, organization_id, configuration_id, steps_up, expires_at)
      SELECT sha256(('s' || n)::bytea), sha256(('t' || n)::bytea), a.organization_id, a.configuration_id, false,
        now() + interval '1 minute' FROM generate_series(1, 1998) n,
        (SELECT * FROM single_sign_on_attempts LIMIT 1) a`);
    await scene.beginBy(visitor);
    const [row] = await database.rows(`SELECT count(*)::int AS count FROM single_sign_on_attempts`);
    expect(row).toEqual({ count: 2000 });
    expect((await scene.comeBackAs(visitor, oldest, {})).status).toBe(403);
    expect((await scene.comeBackAs(visitor, late, {})).status).toBe(200);
  });
});

describe('a provider that is not one', () => {
  afterAll(() => scene.configure());

  /** Another issuer each time: what was found of one is kept for a while. */
  let number = 0;
  async function beginAtAnother(): Promise<Reply> {
    number += 1;
    const path = `/tenant-${number}`;
    const issuer = scene.rogue.issuer + path;
    const document = scene.rogue.answers.get('document') ?? {};
    scene.rogue.answers.set(`${path}/.well-known/openid-configuration`, document);
    await scene.configure({ issuer });
    return visitorOf(scene.service).post('/auth/single-sign-on', {
      organizationId: scene.owner.organizationId,
    });
  }

  it.each<[string, (issuer: string) => Answer]>([
    ['garbage', () => (_, response) => void response.end('<html>')],
    [
      'a document of another issuer',
      (issuer) => ({ issuer: `${issuer}/another`, authorization_endpoint: `${issuer}/a` }),
    ],
    ['no document', () => ({})],
    [
      'a page that is a script',
      (issuer) => ({
        issuer: `${issuer}/tenant-${number + 1}`,
        authorization_endpoint: 'javascript:alert(1)',
      }),
    ],
    [
      'lists within lists, 100,000 deep',
      (issuer) => (_, response) => {
        const start = JSON.stringify({ ...documentOf(issuer), issuer: `${issuer}/tenant-${number + 1}` });
        response.setHeader('content-type', 'application/json');
        response.end(`${start.slice(0, -1)},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
      },
    ],
    [
      'something else where a list should be',
      (issuer) => ({
        ...documentOf(issuer),
        issuer: `${issuer}/tenant-${number + 1}`,
        token_endpoint_auth_methods_supported: {},
      }),
    ],
    [
      'a number where an address should be',
      (issuer) => ({
        ...documentOf(issuer),
        issuer: `${issuer}/tenant-${number + 1}`,
        authorization_endpoint: 7,
      }),
    ],
    [
      'a redirect to the metadata service',
      () => (_, response) =>
        void response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
    ],
  ])('answers a beginning with %s: 409', async (_, documentOf) => {
    scene.rogue.answers.set('document', documentOf(scene.rogue.issuer));
    const reply = await beginAtAnother();
    expect([reply.status, refusalOf(reply)]).toEqual([409, 'unusable']);
  });

  it('is not followed to where only this machine may go: its token endpoint is refused', async () => {
    for (const target of [
      'http://169.254.169.254/token',
      'http://10.0.0.1/token',
      'https://192.168.0.1/token',
    ]) {
      await scene.configure({ issuer: `${scene.rogue.issuer}/inner-${(number += 1)}` });
      const issuer = `${scene.rogue.issuer}/inner-${number}`;
      const document = {
        issuer,
        authorization_endpoint: `${scene.rogue.issuer}/authorize`,
        token_endpoint: target,
        jwks_uri: `${scene.rogue.issuer}/jwks`,
      };
      scene.rogue.answers.set(`/inner-${number}/.well-known/openid-configuration`, document);
      const visitor = visitorOf(scene.service);
      const begun = await scene.beginBy(visitor);
      const reply = await comeBack(visitor, backFrom(begun.authorizationUrl));
      expect({ target, status: reply.status }).toEqual({ target, status: 409 });
    }
  });

  it('that sends too much, or nothing at all, is given up: 503', async () => {
    scene.rogue.answers.set('document', (_, response) => void response.end('x'.repeat(300 * 1024)));
    expect((await beginAtAnother()).status).toBe(503);
    scene.rogue.answers.set('document', () => undefined);
    expect((await beginAtAnother()).status).toBe(503);
  });
});
