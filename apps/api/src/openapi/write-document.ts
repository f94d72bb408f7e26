import 'reflect-metadata';
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { DocumentError } from '@credvault/http/document/document-problems.js';
import { documentPath, writeDocument } from './document-file.js';
import { generateDocument } from './generate-document.js';

/** `npm run openapi`: writes `openapi/v1.json`, or says what the code leaves unsaid. */
try {
  writeDocument(await generateDocument());
  process.stdout.write(`Wrote ${relative(process.cwd(), documentPath)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof DocumentError ? error.message : inspect(error)}\n`);
  process.exitCode = 1;
}
