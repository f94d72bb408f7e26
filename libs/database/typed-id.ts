import { TypeID } from 'typeid-js';
import { v7 } from 'uuid';

/**
 * The kinds of things that have an id, by the prefix of their TypeID.
 * Format: https://github.com/jetify-com/typeid/tree/main/spec (prefix, `_`, 26 digits of Crockford base32 of a UUID).
 */
export const idPrefixes = {
  user: 'usr',
  organization: 'org',
  serviceAccount: 'svc',
  invitation: 'inv',
  role: 'rol',
  team: 'tea',
  grant: 'gra',
  project: 'prj',
  subscription: 'sub',
  externalIdentity: 'idn',
  session: 'ses',
  apiToken: 'tok',
  apiKey: 'key',
  vault: 'vlt',
  secret: 'sec',
  import: 'imp',
  auditEvent: 'evt',
} as const;

export type IdKind = keyof typeof idPrefixes;

/** A new UUIDv7 (RFC 9562): ids made later by one process sort later. */
export function newUuid(): string {
  return v7();
}

/** The public form of a stored UUID, such as `vlt_01jd…`. */
export function publicId(kind: IdKind, uuid: string): string {
  return TypeID.fromUUID(idPrefixes[kind], uuid).toString();
}

/**
 * The stored UUID of a public id, or undefined when the text is no id of that kind: callers answer such an id as they
 * answer an unknown one.
 */
export function uuidOf(kind: IdKind, text: string): string | undefined {
  const prefix = `${idPrefixes[kind]}_`;
  if (!text.startsWith(prefix) || text.length !== prefix.length + 26) return undefined;
  try {
    return TypeID.fromString(text, idPrefixes[kind]).toUUID();
  } catch {
    return undefined;
  }
}

/** The kind and UUID of any public id, for filters that take ids of several kinds. */
export function parseAnyId(text: string): { kind: IdKind; uuid: string } | undefined {
  for (const kind of Object.keys(idPrefixes) as IdKind[]) {
    const uuid = uuidOf(kind, text);
    if (uuid !== undefined) return { kind, uuid };
  }
  return undefined;
}
