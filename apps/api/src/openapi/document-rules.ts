import type { DocumentRules } from '@credvault/http/document/document-rules.js';
import { credentials } from './credentials.js';
import { committedServer } from './document-file.js';
import { guide } from './guide.js';
import { pathParameters } from './path-parameters.js';
import { stringBounds } from './string-bounds.js';

/** The tags, one per domain, in the order of the document. */
const tags: DocumentRules['tags'] = [
  { name: 'auth', description: 'Accounts, sign-in, sessions and passwords.' },
  { name: 'me', description: 'The profile of whoever asks.' },
  { name: 'api-tokens', description: 'Personal tokens for programs.' },
  {
    name: 'api-keys',
    description: 'Scoped keys for programs: what they may do, what they were used for, and how to stop them.',
  },
  { name: 'leaked-tokens', description: 'Reports of tokens that were found where they should not be.' },
  { name: 'vaults', description: 'Vaults: secrets that belong together, encrypted with a key of their own.' },
  { name: 'secrets', description: 'Secrets, their versions, import and export.' },
  { name: 'audit', description: 'The audit trail: every reveal, change and refusal.' },
  { name: 'organizations', description: 'Organizations, and what each decides about itself.' },
  { name: 'members', description: 'Who belongs to an organization, with which role, and who is invited.' },
  { name: 'service-accounts', description: 'Members that are programs: they own API keys and cannot sign in.' },
  { name: 'roles', description: 'What members may do: the built-in roles, and those of the organization.' },
  { name: 'teams', description: 'Groups of members to whom vaults are granted together.' },
  { name: 'projects', description: 'Projects and their environments, to which vaults and keys belong.' },
  { name: 'grants', description: 'Which vaults and projects are granted to whom, and how far.' },
  { name: 'single-sign-on', description: 'Sign-in by the OpenID Connect provider of an organization.' },
  { name: 'subscription', description: 'The plan of the organization, its limits, and what was used of them.' },
  { name: 'admin', description: 'Plans and limits, for the administrators of this installation.' },
  { name: 'service', description: 'Whether the service runs and can do its work.', probes: true },
];

/** What this application adds to the document of `/api/v1`, which is derived from its code. */
export function documentRules(version: string): DocumentRules {
  return {
    info: {
      title: 'CredVault API',
      version,
      description: guide,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    bodies: 'enveloped',
    servers: [{ url: committedServer, description: 'This installation.' }],
    tags,
    credentials,
    pathParameters,
    stringBounds,
  };
}
