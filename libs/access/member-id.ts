import { publicId, uuidOf } from '@credvault/database/typed-id.js';

/** What a member of an organization is, as `users.kind` says it. */
export type MemberKind = 'person' | 'service';

/** What the API calls each kind of member. */
export const memberTypes = { person: 'user', service: 'service_account' } as const satisfies Record<
  MemberKind,
  string
>;

export type MemberType = (typeof memberTypes)[MemberKind];

/** The kind that the API calls so; undefined for no type at all. */
export function kindOfType(type: MemberType | undefined): MemberKind | undefined {
  if (type === undefined) return undefined;
  return type === memberTypes.person ? 'person' : 'service';
}

/** The public id of a member: `usr_…` of a person, `svc_…` of a service account. */
export function memberIdOf(kind: MemberKind, uuid: string): string {
  return publicId(kind === 'person' ? 'user' : 'serviceAccount', uuid);
}

/** The kind and UUID that the public id of a member says; undefined for anything else, such as the id of a team. */
export function parseMemberId(text: string): { kind: MemberKind; uuid: string } | undefined {
  const person = uuidOf('user', text);
  if (person !== undefined) return { kind: 'person', uuid: person };
  const service = uuidOf('serviceAccount', text);
  return service === undefined ? undefined : { kind: 'service', uuid: service };
}
