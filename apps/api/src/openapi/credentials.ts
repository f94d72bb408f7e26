import { allScopes, scopeCatalogue, type Scope, type ScopeGroup } from '@credvault/access/scopes.js';
import type { SecurityDescriptions } from '@credvault/http/document/security.js';

/** What each token is, by its prefix (`libs/crypto/tokens.ts`). */
const tokens = `The prefix of a token says what it is:

- \`cvs_\`: access token of a session, a signed-in person; lasts 15 minutes.
- \`ck_live_\`: personal token of a program; has the permissions its owner has at that moment, and can be paused.
- \`cv_\`: API key; may do what its scopes say and its owner may do at that moment, in its vaults and from its addresses if it is limited to some. It can be paused, rotated and expire.`;

/** In the order of the API-keys document. */
const groups: ScopeGroup[] = ['Read', 'Write', 'Execute', 'Admin'];

const scopes = `What a token may do is told by its scopes. Each operation names those it needs:

${groups.map(describeGroup).join('\n\n')}`;

/** The three ways to send a credential, with the catalogue of scopes that the security of operations names. */
export const credentials: SecurityDescriptions = {
  bearer: `Any token, in the header \`Authorization: Bearer <token>\` (RFC 6750). ${tokens}

${scopes}`,
  basic: `The id of an API key (\`key_…\`) or personal token (\`tok_…\`) as user name and the token itself as password (RFC 7617), as \`curl -u\` sends them. It means the same as the bearer token; an id that is not the token's own is refused with 401. Sessions do not come this way.`,
  apiKey: `Any token, in the header \`X-API-Key: <token>\`, for programs that cannot set \`Authorization\`. It means the same as the bearer token. A request with two credentials that differ is refused with 400.`,
};

function describeGroup(group: ScopeGroup): string {
  const members = allScopes.filter((scope) => scopeCatalogue[scope].group === group);
  return `${group}:\n\n${members.map(describeScope).join('\n')}`;
}

function describeScope(scope: Scope): string {
  return `- \`${scope}\`: ${scopeCatalogue[scope].description}`;
}
