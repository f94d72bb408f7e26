import 'reflect-metadata';
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { DocumentError } from '@credvault/http/document/document-problems.js';
import { apiNames, documentPath, writeDocument } from './document-file.js';
import { readDocuments } from './generate-document.js';

/** `npm run openapi`: writes the document of each API, or says what its code leaves unsaid. */
const documentOf = await readDocuments();
for (const api of apiNames) {
  try {
    writeDocument(api, documentOf(api));
    process.stdout.write(`Wrote ${relative(process.cwd(), documentPath(api))}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof DocumentError ? error.message : inspect(error)}\n`);
    process.exitCode = 1;
  }
}
