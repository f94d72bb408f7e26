/** What stands at the head of the document of the cloud-style API. */
export const cloudGuide = `The account side of CredVault for clients that speak a cloud-style API: organizations, people, projects, subscriptions and the audit log. Secrets and vaults are not here but in \`/api/v1\` (\`/openapi/v1.json\`). This is another API beside it, no successor: both are kept.

## Base path
Every path begins with \`/api/v2\` and means the same with a slash at its end as without; there are no redirects. Bodies are JSON, bare objects and arrays with names in snake_case. Times are RFC 3339 in UTC, ids are opaque strings. Fields are added over time, never removed or changed, so ignore those you do not know; unknown fields and parameters of requests are refused with 400.

## Authentication
HTTP Basic, with an API key as user name and its secret as password:

\`\`\`sh
curl -s -u "$CREDVAULT_KEY:$CREDVAULT_SECRET" "$CREDVAULT_URL/api/v2/users/me"
\`\`\`

A key acts as the person who made it, in the organization it was made in, with the permissions they have at that moment. The personal tokens of \`/api/v1/api-tokens\` are the same things: the id is the key, the token is the secret.

## Roles
\`org_admin\` administers an organization and \`org_member\` works in it; \`project_admin\` manages a project and \`project_member\` works in it. The roles of \`/api/v1\`, which are finer, are shown as the nearest of these.

## Errors
\`{ "success": false, "message": "...", "errors": { "field": ["..."] } }\` with the usual status; \`errors\` is there when something in the input is wrong. 401 means that nobody is known, 403 that the key may not do this, 404 also that it may not know of the thing. The header \`X-Request-Id\` names the request.

## Limits
Requests are counted as in \`/api/v1\`, together with those made there; \`RateLimit\` tells what is left, and 429 comes with \`Retry-After\`.
`;
