import { idPrefixes } from '@credvault/database/typed-id.js';
import type { DocumentRules, PathParameterRule } from '@credvault/http/document/document-rules.js';
import type { SecurityDescriptions } from '@credvault/http/document/security.js';
import { idBounds } from '@credvault/http/document/string-bounds.js';
import { cloudGuide } from './cloud-guide.js';
import { committedServer } from './document-file.js';
import { pathParameters } from './path-parameters.js';
import { stringBounds } from './string-bounds.js';

/** The tags, one per resource, in the order of the document. */
const tags: DocumentRules['tags'] = [
  {
    name: 'users',
    description: 'Whoever asks, their API keys, the people of their organization, and the roles there are.',
  },
  { name: 'organizations', description: 'Organizations with their people, audit log, customer data and quotas.' },
  { name: 'projects', description: 'Projects and who works in them.' },
  { name: 'subscriptions', description: 'The plan of an organization.' },
  { name: 'clients', description: 'Small values that clients keep here, and what the service says of itself.' },
];

const credentials: Partial<SecurityDescriptions> = {
  basic:
    'An API key (`tok_…`) as user name and its secret (`ck_live_…`) as password (RFC 7617), as `curl -u` sends them. Make one in `POST /api/v2/users/me/api-keys/`.',
  bearer:
    'The secret of an API key alone, or the access token of a session (`cvs_…`, from `POST /api/v1/auth/login`), in the header `Authorization: Bearer <token>` (RFC 6750).',
};

const people: PathParameterRule = {
  description: 'Id or e-mail address of the person.',
  example: 'usr_01jd3k5m7n8p9q0r1s2t3v4w5x',
  schema: { type: 'string', minLength: 1, maxLength: 254 },
};

/** What this application adds to the document of the cloud-style API, which is derived from its code. */
export function cloudDocumentRules(version: string): DocumentRules {
  return {
    info: {
      title: 'CredVault cloud-style API',
      version,
      description: cloudGuide,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    bodies: 'bare',
    servers: [{ url: committedServer, description: 'This installation.' }],
    tags,
    credentials,
    pathParameters: {
      ...pathParameters,
      tokenId: {
        description: 'The API key: its public id, the user name of HTTP Basic.',
        example: 'tok_01jd3k5m7n8p9q0r1s2t3v4w5x',
        schema: { type: 'string', ...idBounds(idPrefixes.apiToken) },
      },
      subscriptionId: {
        description: 'Id of the subscription.',
        example: 'sub_01jd3k5m7n8p9q0r1s2t3v4w5x',
        schema: { type: 'string', ...idBounds(idPrefixes.subscription) },
      },
      uid: {
        description: 'Id of the person.',
        example: 'usr_01jd3k5m7n8p9q0r1s2t3v4w5x',
        schema: { type: 'string', ...idBounds(idPrefixes.user) },
      },
      idOrEmail: people,
      configurationKey: {
        description: 'Name of the configuration.',
        example: 'console.theme',
        schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', minLength: 1, maxLength: 100 },
      },
    },
    stringBounds,
  };
}
