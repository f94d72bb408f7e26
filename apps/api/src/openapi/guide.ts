/** What stands at the head of the published document: how to use the API, whatever one does with it. */
export const guide = `CredVault keeps what must not leak: secrets in vaults, every value encrypted, every reveal recorded.

## Base path
Every path begins with \`/api/v1\`; \`/v1\` means the same. (\`/api/v2\` is another API, no successor of this one: the cloud-style API for clients that speak it, described in \`/openapi/v2.json\`.) Bodies are JSON in UTF-8, at most 1 MiB unless an operation says otherwise. Times are RFC 3339 in UTC with milliseconds, ids are opaque strings. Within this version fields are added, never removed or changed, so ignore those you do not know.

## Authentication
Send a token with every request, in one of three ways that mean the same:

\`\`\`sh
curl -H "Authorization: Bearer $CREDVAULT_TOKEN" "$CREDVAULT_URL/api/v1/vaults"
curl -H "X-API-Key: $CREDVAULT_TOKEN" "$CREDVAULT_URL/api/v1/vaults"
curl -u "$CREDVAULT_KEY_ID:$CREDVAULT_TOKEN" "$CREDVAULT_URL/api/v1/vaults"
\`\`\`

The last one is HTTP Basic: the id of the key or token (\`key_…\`, \`tok_…\`) is the user name. Two credentials that differ in one request are refused with 400. The prefix of a token says what it is:

- \`cvs_\`: access token of a session, from \`POST /api/v1/auth/login\`; lasts 15 minutes and does not come by HTTP Basic.
- \`ck_live_\`: personal token for programs, from \`POST /api/v1/api-tokens\`; acts with the permissions its owner has at that moment.
- \`cv_\`: API key, from \`POST /api/v1/api-keys\`; does no more than its scopes say, and never more than its owner may at that moment.

Each operation names the scopes it needs. A key that is known but expired, paused or rotated is refused with 401 and says which.

## Limits
Requests are counted in windows of 60 seconds that begin with the first request. An API key counts for itself, the personal tokens of a user count together, and the plan of the organization says how many requests a minute each may make, unless an administrator has changed that:

| Plan | An API key | The personal tokens of a user |
|---|---|---|
| free | 100 | 60 |
| starter | 500 | 60 |
| pro | 2,000 | 300 |
| enterprise | unlimited, or as agreed | unlimited, or as agreed |

A session, and an address that calls public operations, have limits of their own. Answers tell where you stand:

\`\`\`http
RateLimit-Policy: "api-key";q=100;w=60
RateLimit: "api-key";r=99;t=60
\`\`\`

\`q\` requests are allowed in \`w\` seconds, \`r\` are left in this window, which ends in \`t\` seconds. Without a limit there are no such headers. Above the limit the answer is 429 "Rate limit exceeded", and \`Retry-After\` says exactly how many seconds to wait.

After 429 and 503, wait as long as \`Retry-After\` says. Where it does not say, after 500 or a broken connection, back off exponentially: wait 1 second, then 2, 4 and so on up to 60, each time plus a random part of a second, and give up after a few tries. Send an \`Idempotency-Key\` with a POST that you may repeat. \`curl --retry 5\` waits and backs off by itself.

## Errors
Every error has the same shape: \`{ "error": { "code", "message", "requestId", "details" } }\`. The code is for programs, the message for people; \`details\` names the places of the input that are wrong. 401 means that nobody is known, 403 that the credential may not do this, and 404 also that it may not know of the thing. Unknown fields and parameters are refused with 400.

## Lists
A list answers \`{ "data": [...], "pagination": { "total", "limit", "offset", "nextCursor" } }\`. Walk long lists by \`cursor\`, which stays stable while items are added; \`offset\` goes to 10,000. \`total\` is exact up to 10,000. \`Link\` carries the address of the next page.

## Repeating and concurrency
Send an \`Idempotency-Key\` with a POST, and it is safe to repeat for 24 hours. Send the \`ETag\` of what you have read as \`If-Match\` with a change, and it fails with 412 when somebody was faster.
`;
