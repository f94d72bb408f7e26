import { allScopes, scopeCatalogue } from '@credvault/access/scopes.js';
import type { DocumentRules } from '@credvault/http/document/document-rules.js';
import { committedServer } from './document-file.js';
import { guide } from './guide.js';
import { pathParameters } from './path-parameters.js';
import { stringBounds } from './string-bounds.js';

/** The tags, one per domain, in the order of the document. */
const tags: DocumentRules['tags'] = [
  { name: 'auth', description: 'Accounts, sign-in, sessions and passwords.' },
  { name: 'me', description: 'The profile of whoever asks.' },
  { name: 'api-tokens', description: 'Personal tokens for programs.' },
  { name: 'vaults', description: 'Vaults: secrets that belong together, encrypted with a key of their own.' },
  { name: 'secrets', description: 'Secrets, their versions, import and export.' },
  { name: 'audit', description: 'The audit trail: every reveal, change and refusal.' },
  { name: 'service', description: 'Whether the service runs and can do its work.', probes: true },
];

/** The scheme of the bearer token with the catalogue of scopes, which the `x-required-scopes` of operations name. */
const bearerDescription = `A token in the header \`Authorization: Bearer <token>\`. Its prefix says what it is:

- \`cvs_\`: access token of a session, a signed-in person; lasts 15 minutes.
- \`ck_live_\`: personal token of a program; has the permissions its owner has at that moment, and can be paused.

What a token may do is told by its scopes:

${allScopes.map((scope) => `- \`${scope}\` (${scopeCatalogue[scope].group}): ${scopeCatalogue[scope].description}`).join('\n')}`;

/** What this application adds to the document that is derived from its code. */
export function documentRules(version: string): DocumentRules {
  return {
    info: {
      title: 'CredVault API',
      version,
      description: guide,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: committedServer, description: 'This installation.' }],
    tags,
    bearerDescription,
    pathParameters,
    stringBounds,
  };
}
