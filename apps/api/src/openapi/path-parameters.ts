import { idPrefixes, type IdKind } from '@credvault/database/typed-id.js';
import type { PathParameterRule } from '@credvault/http/document/document-rules.js';
import { idBounds } from '@credvault/http/document/string-bounds.js';

/** Highest number of a version: the largest `integer` of PostgreSQL. */
const maxVersion = 2_147_483_647;

function idOf(kind: IdKind, noun: string): PathParameterRule {
  const prefix = idPrefixes[kind];
  return {
    description: `Id of the ${noun}.`,
    example: `${prefix}_01jd3k5m7n8p9q0r1s2t3v4w5x`,
    schema: { type: 'string', ...idBounds(prefix) },
  };
}

/** Every parameter that may stand in a path, by its name. */
export const pathParameters: Record<string, PathParameterRule> = {
  vaultId: idOf('vault', 'vault'),
  secretId: idOf('secret', 'secret'),
  sessionId: idOf('session', 'session'),
  tokenId: idOf('apiToken', 'personal token'),
  keyId: idOf('apiKey', 'API key'),
  usageId: idOf('auditEvent', 'entry of the usage history'),
  organizationId: idOf('organization', 'organization'),
  memberId: {
    description: 'Id of the member: a person or a service account.',
    example: 'usr_01jd3k5m7n8p9q0r1s2t3v4w5x',
    schema: { type: 'string', pattern: '^(usr|svc)_[0-7][0-9a-hjkmnp-tv-z]{25}$', minLength: 30, maxLength: 30 },
  },
  invitationId: idOf('invitation', 'invitation'),
  serviceAccountId: idOf('serviceAccount', 'service account'),
  roleId: idOf('role', 'custom role'),
  teamId: idOf('team', 'team'),
  grantId: idOf('grant', 'grant'),
  projectId: idOf('project', 'project'),
  identityId: idOf('externalIdentity', 'external identity'),
  environmentName: {
    description: 'Name of the environment inside its project.',
    example: 'production',
    schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]*$', minLength: 1, maxLength: 50 },
  },
  planName: {
    description: 'Name of the plan.',
    example: 'pro',
    schema: { type: 'string', pattern: '^[a-z][a-z0-9_-]*$', minLength: 1, maxLength: 64 },
  },
  version: {
    description: 'Number of the version, counted from 1.',
    example: 3,
    schema: { type: 'integer', minimum: 1, maximum: maxVersion },
  },
};
