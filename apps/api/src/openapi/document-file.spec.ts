import type { OpenApiDocument } from '@credvault/http/document/document.js';
import { apiNames, committedServer, documentText, readDocument, readPackageVersion, withServer } from './document-file.js';

const small = {
  openapi: '3.1.0',
  servers: [{ url: committedServer, description: 'This installation.' }],
  paths: {
    '/api/v1/me': {
      get: { operationId: 'getMe', 'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: `curl ${committedServer}/api/v1/me` }] },
    },
  },
} as unknown as OpenApiDocument;

describe('withServer', () => {
  const moved = withServer(small, 'https://vault.example.com');

  it('puts the address into the servers and the samples', () => {
    expect(moved.servers).toEqual([{ url: 'https://vault.example.com', description: 'This installation.' }]);
    expect(moved.paths['/api/v1/me']?.['get']?.['x-codeSamples'][0]?.source).toBe(
      'curl https://vault.example.com/api/v1/me',
    );
  });

  it('leaves the document it was given alone', () => {
    expect(JSON.stringify(small)).not.toContain('vault.example.com');
  });
});

describe('readDocument', () => {
  it.each(apiNames)('shows the committed document of %s at the address of this installation, and reads it once', (api) => {
    const document = readDocument(api, new URL('https://vault.example.com')) as OpenApiDocument;
    expect(Object.keys(document.paths).filter((path) => !path.startsWith(`/api/${api}/`))).toEqual([]);
    expect(document.servers.map(({ url }) => url)).toEqual(['https://vault.example.com']);
    expect(JSON.stringify(document)).not.toContain(committedServer);
    expect(document.info['version']).toBe(readPackageVersion());
    expect(readDocument(api, new URL('https://vault.example.com'))).toBe(document);
  });
});

describe('documentText', () => {
  it('is indented by two spaces and ends with a line break', () => {
    expect(documentText(small)).toMatch(/^\{\n {2}"openapi": "3\.1\.0",\n[^]*\n\}\n$/);
  });
});
