import { ModulesContainer } from '@nestjs/core/injector/modules-container.js';
import type { INestApplication, Type } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenApiDocument, RawDocument } from '@credvault/http/document/document.js';
import { finishDocument } from '@credvault/http/document/finish-document.js';
import { readHandlerFacts } from '@credvault/http/document/handler-facts.js';
import { createApp } from '../create-app.js';
import { readPackageVersion } from './document-file.js';
import { documentRules } from './document-rules.js';
import { documentRuntime } from './document-runtime.js';

/**
 * Generates the document from the code, without a database: the application is put together and never started. Works
 * on what `nest build` made alone, because the compiler plugin of @nestjs/swagger puts the docstrings into it.
 *
 * @throws DocumentError naming everything that the code leaves unsaid
 */
export async function generateDocument(): Promise<OpenApiDocument> {
  const app = await createApp(documentRuntime());
  return finishDocument(deriveDocument(app), documentRules(readPackageVersion()), readHandlerFacts(controllersOf(app)));
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
