import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OpenApiDocument } from '@credvault/http/document/document.js';

/** Address in the committed document; the service puts its own in its place (`readDocument`). */
export const committedServer = 'http://127.0.0.1:3000';

/** The folder of the project, from the source as from what was built of it. */
const projectFolder = findProjectFolder(import.meta.dirname);

/** The APIs, which have a document each: `v2` is the cloud-style one, no successor of `v1`. */
export const apiNames = ['v1', 'v2'] as const;
export type ApiName = (typeof apiNames)[number];

/** Where the committed document of an API is. */
export function documentPath(api: ApiName): string {
  return join(projectFolder, 'openapi', `${api}.json`);
}

const read = new Map<string, OpenApiDocument>();

/**
 * The document of an API as the service shows it: the committed one, with the address of this installation in `servers` and
 * in the code samples. It is read once.
 *
 * @param publicUrl where clients reach the service (`CREDVAULT_PUBLIC_URL`)
 */
export function readDocument(api: ApiName, publicUrl: URL): object {
  const address = publicUrl.origin;
  const place = `${api} ${address}`;
  const known = read.get(place);
  if (known) return known;
  const committed = JSON.parse(readFileSync(documentPath(api), 'utf8')) as OpenApiDocument;
  const document = withServer(committed, address);
  read.set(place, document);
  return document;
}

/** The document with another address in place of the committed one. */
export function withServer(document: OpenApiDocument, address: string): OpenApiDocument {
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const moved = Object.entries(operations).map(([method, operation]) => {
      const samples = operation['x-codeSamples'].map((sample) => {
        return { ...sample, source: sample.source.replaceAll(committedServer, address) };
      });
      return [method, { ...operation, 'x-codeSamples': samples }] as const;
    });
    return [path, Object.fromEntries(moved)] as const;
  });
  const servers = document.servers.map((server) => ({ ...server, url: address }));
  return { ...document, servers, paths: Object.fromEntries(paths) };
}

/** The document as the committed file holds it. */
export function documentText(document: OpenApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Writes the committed document of an API. */
export function writeDocument(api: ApiName, document: OpenApiDocument): void {
  const path = documentPath(api);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, documentText(document));
}

/** The version of the project. */
export function readPackageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function findProjectFolder(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('The folder of the project, which holds package.json, was not found.');
  return findProjectFolder(parent);
}
