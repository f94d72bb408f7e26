import { isUtf8 } from 'node:buffer';

import type { FastifyInstance, FastifyRequest, onRouteHookHandler } from 'fastify';
import { printParseErrorCode, visit } from 'jsonc-parser';
import { parse as parseJson } from 'secure-json-parse';

import { DomainError, type ErrorDetail } from './domain-error.js';
import { scanStructure } from './json-structure.js';
import { findUncleanText, pathOf, showPath } from './text-rules.js';

/** Deepest nesting of a body (CONVENTIONS, "Bodies"). */
export const maxBodyDepth = 32;

/**
 * Most keys of one object. No field of the API is a map as large, and class-transformer takes time that grows with
 * the square of it: six seconds for the 80,000 keys that fit into 1 MiB.
 */
export const maxBodyKeys = 500;

/** Largest body of a route that asks for no other, in bytes (CONVENTIONS, "Bodies"). */
export const defaultBodyLimit = 1024 * 1024;

/** A route that takes larger bodies: its URL as it is registered (`/api/v1/vaults/:vaultId/import`). */
export interface BodyLimit {
  method: string;
  url: string;
  /** In bytes. */
  bytes: number;
}

const utf8Names = new Set(['utf-8', 'utf8']);
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Makes `application/json` the only body the service reads; every other type is 415. A body is read as RFC 8259 says
 * (UTF-8, a byte order mark is skipped) and refused with 400 if it is empty, not UTF-8, not JSON, nested deeper than
 * 32, has an object of more than 500 keys, gives a key twice, names `__proto__`, or holds NUL, half of a surrogate pair, or a
 * number beyond the range of doubles. Messages never quote it.
 */
export function registerJsonBody(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, readJsonBody(request, Buffer.isBuffer(body) ? body : Buffer.from(body)));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
}

/** An `onRoute` hook that gives the named routes their own body limit. Register it before the routes. */
export function bodyLimitFor(routes: BodyLimit[]): onRouteHookHandler {
  return (route) => {
    const methods = [route.method].flat();
    const own = routes.find(({ method, url }) => url === route.url && methods.includes(method));
    if (own) route.bodyLimit = own.bytes;
  };
}

/** Reads a body; a DELETE may announce JSON and send none, as some clients always announce it. */
function readJsonBody(request: FastifyRequest, body: Buffer): unknown {
  requireUtf8(request.headers['content-type'] ?? '');
  if (body.length === 0 && request.method === 'DELETE') return undefined;
  return parseJsonBody(body);
}

function requireUtf8(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1];
  if (charset === undefined || utf8Names.has(charset.toLowerCase())) return;
  throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the body in UTF-8; other charsets are not read.');
}

/** Parses a JSON body under the rules of `registerJsonBody`; throws a DomainError. */
export function parseJsonBody(bytes: Buffer): unknown {
  const body = bytes.subarray(0, 3).equals(byteOrderMark) ? bytes.subarray(3) : bytes;
  if (body.length === 0) throw refused('The body is empty. Send a JSON object.');
  if (!isUtf8(body)) throw refused('The body is not valid UTF-8.');
  refuseStructure(body);
  const text = body.toString('utf8');
  const value = parseStrictly(text);
  // Without an escape there can be neither: raw NUL is not JSON, and UTF-8 has no lone surrogates.
  const unclean = body.includes('\\u') ? findUncleanText(value) : undefined;
  if (unclean) throw refused(`The body holds text that cannot be stored: ${unclean.message}.`, unclean);
  const endless = mayBeEndless.test(text) ? findEndless(value) : undefined;
  if (endless) throw refused(`The body holds a number that cannot be kept: ${endless.message}.`, endless);
  return value;
}

/** What every number beyond 1.8e308 has, the largest of a double (RFC 8259 §6): many digits, or a large exponent. */
const mayBeEndless = /(?<!\d)\d{200}|\d[eE]\+?\d{3}/;

/** The first number that was read as infinite and would be kept as null. */
function findEndless(value: unknown, path = ''): ErrorDetail | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : endlessNumber(path);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = findEndless(item, pathOf(path, Array.isArray(value) ? Number(key) : key));
    if (found) return found;
  }
  return undefined;
}

function endlessNumber(path: string): ErrorDetail {
  const shown = showPath(path);
  return { path: shown, code: 'invalidNumber', message: `${shown || 'the number'} is too large` };
}

function refuseStructure(body: Buffer): void {
  const fault = scanStructure(body, { depth: maxBodyDepth, keys: maxBodyKeys });
  if (fault?.kind === 'tooDeep') throw refused(`The body is nested deeper than ${maxBodyDepth} levels.`);
  if (fault?.kind === 'tooManyKeys')
    throw refused(`An object of the body has more than ${maxBodyKeys} keys.`);
  if (fault?.kind === 'duplicateKey') {
    const path = showPath(fault.key);
    throw refused('The body gives a key twice in one object.', {
      path,
      code: 'duplicateKey',
      message: 'is given twice',
    });
  }
}

function parseStrictly(text: string): unknown {
  try {
    return parseJson(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    // The parser quotes the text in its message, so only the place is taken, by a second look.
    refuseFaults(text);
    if (!(error instanceof SyntaxError)) throw error;
    throw refused('The body names __proto__ or constructor.prototype, which no field is called.');
  }
}

/** Throws where and how a text stops being JSON, without quoting it. Stops at the first fault: there may be a million. */
function refuseFaults(text: string): void {
  visit(
    text,
    {
      onError: (code, offset, _length, line, column) => {
        const what = printParseErrorCode(code).replace(/\B[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
        const place = `position ${offset} (line ${line + 1}, column ${column + 1})`;
        throw refused(`The body is not valid JSON: ${what.toLowerCase()} at ${place}.`);
      },
    },
    { disallowComments: true },
  );
}

function refused(message: string, ...details: ErrorDetail[]): DomainError {
  return new DomainError('BAD_REQUEST', message, { details });
}
