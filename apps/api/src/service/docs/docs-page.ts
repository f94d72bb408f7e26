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
  <p style="margin: 1rem auto 0; max-width: 1460px; padding: 0 20px; font-family: sans-serif">
    <label for="api">API</label>
    <select id="api">
      <option value="v1">/api/v1</option>
      <option value="v2">/api/v2 (cloud-style, another API)</option>
    </select>
  </p>
  <div id="swagger-ui"></div>
  <noscript>This page needs JavaScript. The OpenAPI documents are at /openapi/v1.json and /openapi/v2.json.</noscript>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/docs.js"></script>
</body>
</html>
`;

/**
 * Loads the document of the chosen API, asking for a token where it is private, and shows it. The token stays in this
 * page's memory.
 */
export const docsScript = `'use strict';

const choice = document.getElementById('api');
let token = '';

async function loadDocument() {
  const headers = token ? { authorization: 'Bearer ' + token } : {};
  return fetch('/openapi/' + choice.value + '.json', { headers });
}

async function show() {
  let answer = await loadDocument();
  while (answer.status === 401) {
    token = (window.prompt('The documents of this service are private. Paste an API token:') || '').trim();
    if (!token) return;
    answer = await loadDocument();
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

choice.addEventListener('change', () => {
  // What the address points to is in the other document.
  window.history.replaceState(null, '', window.location.pathname);
  void show();
});
void show();
`;
