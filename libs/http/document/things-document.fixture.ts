import type { RawDocument, RawOperation, Schema } from './document.js';
import type { DocumentRules } from './document-rules.js';
import type { FactsByHandler, HandlerFacts } from './handler-facts.js';
import { answerExtension, failsExtension } from './operation.js';
import { idBounds } from './string-bounds.js';

const thingId = 'thg_01jd3k5m7n8p9q0r1s2t3v4w5x';

/** A small derived document: things that are listed, made, shown, changed and downloaded. Each call makes a new one. */
export function rawThings(): RawDocument {
  return {
    paths: {
      '/api/v1/things/{thingId}': { patch: updateThing(), get: getThing() },
      '/api/v1/health': { get: getHealth() },
      '/api/v1/things/{thingId}/export': { get: exportThing() },
      '/api/v1/things': { post: createThing(), get: listThings() },
    },
    components: {
      schemas: {
        ThingDto: thing(),
        CreateThingDto: createdThing(),
        UpdateThingDto: createdThing(),
        Promise: {},
      },
    },
  };
}

export const thingRules: DocumentRules = {
  info: { title: 'Things API', version: '1.0.0' },
  bodies: 'enveloped',
  servers: [{ url: 'http://127.0.0.1:3000' }],
  tags: [
    { name: 'things', description: 'Things.' },
    { name: 'service', description: 'The service.', probes: true },
    { name: 'unused', description: 'Nothing has it.' },
  ],
  credentials: { bearer: 'A token.', basic: 'Its id and itself.', apiKey: 'A token in a header.' },
  pathParameters: {
    thingId: {
      description: 'Id of the thing.',
      example: thingId,
      schema: { type: 'string', ...idBounds('thg') },
    },
  },
  stringBounds: { color: { maxLength: 32 } },
};

export const thingFacts: FactsByHandler = new Map<string, HandlerFacts>([
  ['ThingsController.listThings', { acceptsRetryKey: false, acceptsIfMatch: false }],
  ['ThingsController.createThing', { acceptsRetryKey: true, acceptsIfMatch: false }],
  ['ThingsController.getThing', { acceptsRetryKey: false, acceptsIfMatch: false }],
  ['ThingsController.updateThing', { acceptsRetryKey: false, acceptsIfMatch: true }],
  ['ThingsController.exportThing', { acceptsRetryKey: false, acceptsIfMatch: false }],
  ['HealthController.getHealth', { acceptsRetryKey: false, acceptsIfMatch: false }],
]);

function thing(): Schema {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'Id of the thing.', example: thingId },
      name: { type: 'string', description: 'Name of\nthe thing.', example: 'Lamp' },
      color: { type: ['string', 'null'], description: 'Color of the thing.', example: 'green' },
      weight: { type: 'number', description: 'Weight in grams.', example: 250 },
    },
    required: ['id', 'name', 'color', 'weight'],
  };
}

function createdThing(): Schema {
  return {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'Name of the thing.', example: 'Lamp', maxLength: 100 },
    },
    required: ['name'],
  };
}

function operation(handler: string, own: Partial<RawOperation>): RawOperation {
  return {
    operationId: `ThingsController.${handler}`,
    summary: 'Do it',
    description: 'Does it.',
    tags: ['things'],
    security: [{ bearer: [] }],
    'x-required-scopes': ['thing:read'],
    ...own,
  };
}

function listThings(): RawOperation {
  const limit = {
    name: 'limit',
    in: 'query' as const,
    required: false,
    description: 'Most items\nto answer with.',
    schema: { type: 'number', minimum: 1, maximum: 1000, example: 50 },
  };
  const answer = {
    status: 200,
    schema: 'ThingDto',
    shape: 'page' as const,
    description: 'A page of things.',
  };
  return operation('listThings', { parameters: [limit], [answerExtension]: answer });
}

function createThing(): RawOperation {
  return operation('createThing', {
    requestBody: bodyOf('CreateThingDto'),
    'x-required-scopes': undefined,
    'x-session-only': true,
    [answerExtension]: { status: 201, schema: 'ThingDto', shape: 'one', description: 'The thing.' },
  });
}

function getThing(): RawOperation {
  return operation('getThing', {
    [answerExtension]: { status: 200, schema: 'ThingDto', shape: 'one', description: 'The thing.' },
  });
}

function updateThing(): RawOperation {
  return operation('updateThing', {
    requestBody: bodyOf('UpdateThingDto'),
    [answerExtension]: { status: 200, schema: 'ThingDto', shape: 'one', description: 'The thing.' },
    [failsExtension]: ['CONFLICT'],
  });
}

function exportThing(): RawOperation {
  return operation('exportThing', {
    'x-required-scopes': undefined,
    [answerExtension]: {
      status: 200,
      schema: null,
      shape: 'text',
      description: 'The file.',
      mediaTypes: ['text/plain'],
      examples: { 'text/plain': 'A=1\n' },
    },
  });
}

function getHealth(): RawOperation {
  return operation('getHealth', {
    operationId: 'HealthController.getHealth',
    tags: ['service'],
    security: undefined,
    'x-required-scopes': undefined,
    [answerExtension]: { status: 204, schema: null, shape: 'one', description: 'All is well.' },
  });
}

function bodyOf(name: string): RawOperation['requestBody'] {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}
