import { ModulesContainer } from '@nestjs/core/injector/modules-container.js';
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenApiDocument, RawDocument } from '@credvault/http/document/document.js';
import { finishDocument } from '@credvault/http/document/finish-document.js';
import { readHandlerFacts } from '@credvault/http/document/handler-facts.js';
import { isCloudPath } from '@credvault/http/request-target.js';
import { createApp } from '../create-app.js';
import { cloudDocumentRules } from './cloud-document-rules.js';
import { readPackageVersion, type ApiName } from './document-file.js';
import { documentRules } from './document-rules.js';
import { documentRuntime } from './document-runtime.js';

/**
 * Reads off the code what the documents are made of, without a database: the application is put together and never
 * started. Works on what `nest build` made alone, because the compiler plugin of @nestjs/swagger puts the docstrings into it.
 *
 * @returns what makes the document of an API; it throws a DocumentError naming everything that the code leaves unsaid
 */
export async function readDocuments(): Promise<(api: ApiName) => OpenApiDocument> {
  const app = await createApp(documentRuntime());
  const derived = deriveDocument(app);
  const facts = readHandlerFacts(controllersOf(app));
  return (api) => finishDocument(partOf(derived, api), rulesOf[api](readPackageVersion()), facts);
}

const rulesOf = { v1: documentRules, v2: cloudDocumentRules };

/** The paths of one API. */
function partOf({ paths, components }: RawDocument, api: ApiName): RawDocument {
  const own = Object.entries(paths).filter(([path]) => isCloudPath(path) === (api === 'v2'));
  return { paths: Object.fromEntries(own), components };
}

/** What @nestjs/swagger makes of the controllers. Its ids name controller and method, so that the rest can find them. */
function deriveDocument(app: INestApplication): RawDocument {
  const config = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
  const derived: unknown = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
  return derived as RawDocument;
}

function controllersOf(app: INestApplication): Type[] {
  const modules = [...app.get(ModulesContainer).values()];
  const wrappers = modules.flatMap((module) => [...module.controllers.values()]);
  return wrappers.flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
}
