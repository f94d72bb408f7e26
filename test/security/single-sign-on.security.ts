import { refusalOf } from '../e2e/mfa-people.js';
import type { Reply } from '../support/client.js';
import { signUp } from '../support/people.js';
import { comeBack, complete, visitorOf } from '../support/single-sign-on.js';
import { backFrom, challengeOf, rightClaims, type Answer } from './rogue-provider.js';
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
