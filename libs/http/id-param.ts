import type { PipeTransform } from '@nestjs/common';
import { uuidOf, type IdKind } from '@credvault/database/typed-id.js';
import { DomainError } from './domain-error.js';

const nouns: Partial<Record<IdKind, string>> = {
  apiToken: 'API token',
  apiKey: 'API key',
  auditEvent: 'audit event',
  serviceAccount: 'service account',
  externalIdentity: 'external identity',
};

/** What parameters of paths are called that are ids, by the kind of what they name; a vault stands beside what is in it. */
export const idParameters = {
  secret: 'secretId',
  apiKey: 'keyId',
  apiToken: 'tokenId',
  session: 'sessionId',
  organization: 'organizationId',
  invitation: 'invitationId',
  serviceAccount: 'serviceAccountId',
  role: 'roleId',
  team: 'teamId',
  grant: 'grantId',
  project: 'projectId',
  externalIdentity: 'identityId',
} as const satisfies Partial<Record<IdKind, string>>;

/** The answer to an id that names nothing the actor may know of: the same for unknown, foreign and malformed ids. */
export class ResourceNotFound extends DomainError {
  constructor(kind: IdKind) {
    super('NOT_FOUND', `There is no such ${nouns[kind] ?? kind}.`);
  }
}

/** Turns an id of the path into the UUID it stands for. */
export class IdParam implements PipeTransform<string, string> {
  private constructor(private readonly kind: IdKind) {}

  static of(kind: IdKind): IdParam {
    return new IdParam(kind);
  }

  transform(text: string): string {
    const uuid = uuidOf(this.kind, text);
    if (uuid === undefined) throw new ResourceNotFound(this.kind);
    return uuid;
  }
}
