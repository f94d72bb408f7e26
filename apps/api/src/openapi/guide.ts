/** What stands at the head of the published document: how to use the API, whatever one does with it. */
export const guide = `CredVault keeps what must not leak: secrets in vaults, every value encrypted, every reveal recorded.

## Base path
Every path begins with \`/api/v1\`; \`/v1\` means the same. Bodies are JSON in UTF-8, at most 1 MiB unless an operation says otherwise. Times are RFC 3339 in UTC with milliseconds, ids are opaque strings. Within this version fields are added, never removed or changed, so ignore those you do not know.

## Authentication
Send \`Authorization: Bearer <token>\`. The prefix of a token says what it is: \`cvs_\` is the access token of a session (15 minutes, from \`POST /api/v1/auth/login\`), \`ck_live_\` a personal token for programs, which acts with the permissions its owner has at that moment. Each operation names the scope it needs.

## Errors
Every error has the same shape: \`{ "error": { "code", "message", "requestId", "details" } }\`. The code is for programs, the message for people; \`details\` names the places of the input that are wrong. 401 means that nobody is known, 403 that the credential may not do this, and 404 also that it may not know of the thing. Unknown fields and parameters are refused with 400.

## Lists
A list answers \`{ "data": [...], "pagination": { "total", "limit", "offset", "nextCursor" } }\`. Walk long lists by \`cursor\`, which stays stable while items are added; \`offset\` goes to 10,000. \`total\` is exact up to 10,000. \`Link\` carries the address of the next page.

## Repeating and concurrency
Send an \`Idempotency-Key\` with a POST, and it is safe to repeat for 24 hours. Send the \`ETag\` of what you have read as \`If-Match\` with a change, and it fails with 412 when somebody was faster.
`;
