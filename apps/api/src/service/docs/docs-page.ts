/** The page of `/docs`: no inline script, so that its content security policy can forbid any. */
export const docsPage = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>CredVault API</title>
  <link rel="icon" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <noscript>This page needs JavaScript. The OpenAPI document itself is at /openapi.json.</noscript>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/docs.js"></script>
</body>
</html>
`;

/** Loads the document, asking for a token where it is private, and shows it. The token stays in this page's memory. */
export const docsScript = `'use strict';

async function loadDocument(token) {
  const headers = token ? { authorization: 'Bearer ' + token } : {};
  return fetch('/openapi.json', { headers });
}

async function show() {
  let answer = await loadDocument();
  while (answer.status === 401) {
    const token = window.prompt('The documents of this service are private. Paste an API token:');
    if (!token) return;
    answer = await loadDocument(token.trim());
  }
  window.SwaggerUIBundle({
    spec: await answer.json(),
    dom_id: '#swagger-ui',
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
  });
}

void show();
`;
