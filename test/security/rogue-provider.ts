import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serveHttp, type LocalServer } from '@credvault/outbound/local-server.fixture.js';

/** Whatever a test writes. */
type Writer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** What a provider answers at one of its addresses: a document, or something else. */
export type Answer = Record<string, unknown> | Writer;

/** A provider that answers as a test wants. */
export interface RogueProvider {
  issuer: string;
  /** Fields of its discovery document that are other than they should be. */
  metadata: Record<string, unknown>;
  /** Answers by path, in place of the usual ones. */
  answers: Map<string, Answer>;
  /** Claims of the next ID token beside those that are always right: they win. */
  claims: Record<string, unknown>;
  /** Header of the next ID token; `alg: 'none'` leaves the signature out. */
  header: Record<string, unknown>;
  /** Paths that were asked for, the newest last, each with its body. */
  asked: { path: string; body: string; authorization: string | undefined }[];
  stop: LocalServer['stop'];
}

const keyId = 'the only one';

/** Starts a provider that is right in everything until a test makes it wrong. */
export async function startRogueProvider(): Promise<RogueProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = await serveHttp((request, response) => void reply(request, response));
  const issuer = `http://127.0.0.1:${server.port}`;
  const rogue: RogueProvider = {
    issuer,
    metadata: {},
    answers: new Map(),
    claims: {},
    header: {},
    asked: [],
    stop: server.stop,
  };
  const usual: Record<string, () => Record<string, unknown>> = {
    '/.well-known/openid-configuration': () => ({ ...documentOf(issuer), ...rogue.metadata }),
    '/jwks': () => ({
      keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'ES256' }],
    }),
    '/token': () => ({
      access_token: 'an access token',
      token_type: 'Bearer',
      id_token: idToken(rogue, privateKey),
    }),
  };

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = request.url ?? '';
    rogue.asked.push({ path, body, authorization: request.headers.authorization });
    const answer = rogue.answers.get(path) ?? usual[path]?.();
    if (typeof answer === 'function') return answer(request, response, body);
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }

  return rogue;
}

/** As a browser comes back that signed in: the code is whatever the provider takes. */
export function backFrom(authorizationUrl: string, changes: Record<string, string | null> = {}): URL {
  const asked = new URL(authorizationUrl).searchParams;
  const url = new URL(asked.get('redirect_uri') ?? '');
  const answer = { code: 'a code', state: asked.get('state'), ...changes };
  for (const [name, value] of Object.entries(answer)) if (value !== null) url.searchParams.set(name, value);
  return url;
}

/** The claims that the answer to this question must have. */
export function rightClaims(authorizationUrl: string, sub: string): Record<string, unknown> {
  return { sub, nonce: new URL(authorizationUrl).searchParams.get('nonce') };
}

/** What PKCE asks for: the verifier that belongs to a challenge (RFC 7636, section 4.6). */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** What the provider says of itself when it is right. */
export function documentOf(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
}

function idToken({ issuer, claims, header }: RogueProvider, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000);
  const shownHeader = { alg: 'ES256', kid: keyId, ...header };
  const shownClaims = { iss: issuer, aud: 'credvault', iat: now, exp: now + 60, ...claims };
  const text = [shownHeader, shownClaims].map(encoded).join('.');
  if (shownHeader.alg === 'none') return `${text}.`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
