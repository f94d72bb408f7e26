import type { OpenApiDocument, RawOperation } from './document.js';
import { DocumentError } from './document-problems.js';
import { finishDocument } from './finish-document.js';
import { answerExtension } from './operation.js';
import { rawThings, thingFacts, thingRules } from './things-document.fixture.js';

function finished(): OpenApiDocument {
  return finishDocument(rawThings(), thingRules, thingFacts);
}

function operationOf(document: OpenApiDocument, method: string, path: string) {
  const operation = document.paths[`/api/v1${path}`]?.[method];
  if (!operation) throw new Error(`no ${method} ${path}`);
  return operation;
}

function statuses(method: string, path: string): string[] {
  return Object.keys(operationOf(finished(), method, path).responses);
}

/** The same things in an API whose bodies are bare. */
function finishedBare(): OpenApiDocument {
  const raw = rawThings();
  const list = raw.paths['/api/v1/things']?.['get']?.[answerExtension];
  if (list) list.shape = 'list';
  const credentials = { basic: 'Key and secret.', bearer: 'A token.' };
  return finishDocument(raw, { ...thingRules, bodies: 'bare', credentials }, thingFacts);
}

/** What the builder says of the fixture after a change to one of its operations or to the whole. */
function problemsAfter(
  change: (raw: ReturnType<typeof rawThings>, getThing: RawOperation) => void,
): string[] {
  const raw = rawThings();
  const getThing = raw.paths['/api/v1/things/{thingId}']?.['get'];
  if (!getThing) throw new Error('the fixture has no getThing');
  change(raw, getThing);
  try {
    finishDocument(raw, thingRules, thingFacts);
  } catch (error) {
    if (error instanceof DocumentError) return error.problems;
    throw error;
  }
  return [];
}

describe('finishDocument', () => {
  it('orders by tag, path and method, and leaves out tags that nothing has', () => {
    const document = finished();
    expect(Object.keys(document.paths)).toEqual([
      '/api/v1/things',
      '/api/v1/things/{thingId}',
      '/api/v1/things/{thingId}/export',
      '/api/v1/health',
    ]);
    expect(Object.keys(document.paths['/api/v1/things'] ?? {})).toEqual(['get', 'post']);
    expect(document.tags.map(({ name }) => name)).toEqual(['things', 'service']);
  });

  it('gives the same text for the same code in another order', () => {
    const reversed = rawThings();
    reversed.paths = Object.fromEntries(Object.entries(reversed.paths).reverse());
    const { schemas } = reversed.components;
    reversed.components.schemas = Object.fromEntries(Object.entries(schemas).reverse());
    expect(JSON.stringify(finishDocument(reversed, thingRules, thingFacts))).toBe(JSON.stringify(finished()));
  });

  it('names operations by their handlers and consumes the extensions of its own', () => {
    const document = finished();
    expect(operationOf(document, 'get', '/things').operationId).toBe('listThings');
    expect(JSON.stringify(document)).not.toContain('x-credvault');
  });

  it('publishes classes without Dto, envelopes, and no schema that nothing uses', () => {
    const { schemas } = finished().components;
    expect(Object.keys(schemas)).toEqual([
      'CreateThing',
      'Error',
      'ErrorDetail',
      'ErrorInfo',
      'Pagination',
      'Thing',
      'ThingPage',
      'ThingResponse',
      'UpdateThing',
    ]);
    expect(schemas['ThingPage']?.properties?.['data']?.items).toEqual({ $ref: '#/components/schemas/Thing' });
    expect(schemas['ThingResponse']?.required).toEqual(['data']);
  });

  it('closes requests and leaves answers open', () => {
    const { schemas } = finished().components;
    expect(schemas['CreateThing']?.additionalProperties).toBe(false);
    expect(schemas['Thing']).not.toHaveProperty('additionalProperties');
  });

  it.each([
    ['get', '/things', ['200', '400', '401', '403', '429', '500', '503']],
    ['post', '/things', ['201', '400', '401', '403', '409', '413', '415', '422', '429', '500', '503']],
    [
      'patch',
      '/things/{thingId}',
      ['200', '400', '401', '403', '404', '409', '412', '413', '415', '429', '500', '503'],
    ],
    ['get', '/things/{thingId}/export', ['200', '400', '401', '403', '404', '429', '500', '503']],
    ['get', '/health', ['204', '400']],
  ])('documents the errors of %s %s', (method, path, expected) => {
    expect(statuses(method, path)).toEqual(expected);
  });

  it('documents the headers of each answer', () => {
    const document = finished();
    const headers = (method: string, path: string, status: string): string[] => {
      const answer = operationOf(document, method, path).responses[status];
      return Object.keys((answer as { headers?: object }).headers ?? {});
    };
    const limits = ['RateLimit-Policy', 'RateLimit'];
    expect(headers('get', '/things', '200')).toEqual(['X-Request-Id', 'Link', ...limits]);
    expect(headers('post', '/things', '201')).toEqual([
      'X-Request-Id',
      'Location',
      'ETag',
      'Idempotency-Replayed',
      ...limits,
    ]);
    expect(headers('get', '/things/{thingId}', '200')).toEqual(['X-Request-Id', 'ETag', ...limits]);
    expect(headers('get', '/things/{thingId}/export', '200')).toEqual([
      'X-Request-Id',
      'Content-Disposition',
      ...limits,
    ]);
    expect(headers('get', '/health', '204')).toEqual(['X-Request-Id']);
  });

  it('documents the headers of errors, those of limits for all but what monitors ask', () => {
    const { responses } = finished().components;
    const headers = (name: string): string[] => Object.keys(responses[name]?.headers ?? {});
    const limits = ['RateLimit-Policy', 'RateLimit'];
    expect(headers('RateLimited')).toEqual(['X-Request-Id', 'Retry-After', ...limits]);
    expect(headers('Unauthorized')).toEqual(['X-Request-Id', 'WWW-Authenticate', ...limits]);
    expect(headers('BadRequest')).toEqual(['X-Request-Id', ...limits]);
    expect(headers('UnlimitedBadRequest')).toEqual(['X-Request-Id']);
    expect(operationOf(finished(), 'get', '/health').responses['400']).toEqual({
      $ref: '#/components/responses/UnlimitedBadRequest',
    });
  });

  it('shows how long to wait in the example of 429', () => {
    const { example } = finished().components.responses['RateLimited']?.content?.['application/json'] ?? {};
    expect(example).toEqual({
      error: {
        code: 'RATE_LIMITED',
        message: 'Rate limit exceeded',
        requestId: 'req_01jd3k5m7n8p9q0r1s2t3v4w5x',
        details: [{ path: '', code: 'rate_limited', message: 'Wait 37 seconds before retrying.' }],
      },
    });
  });

  it('documents parameters of path, query and headers', () => {
    const document = finished();
    expect(operationOf(document, 'get', '/things').parameters).toEqual([
      {
        name: 'limit',
        in: 'query',
        required: false,
        description: 'Most items to answer with.',
        example: 50,
        schema: { type: 'integer', minimum: 1, maximum: 1000 },
      },
    ]);
    expect(operationOf(document, 'post', '/things').parameters).toEqual([
      { $ref: '#/components/parameters/IdempotencyKey' },
    ]);
    expect(operationOf(document, 'patch', '/things/{thingId}').parameters).toEqual([
      expect.objectContaining({ name: 'thingId', in: 'path', required: true }),
      { $ref: '#/components/parameters/IfMatch' },
    ]);
  });

  it('tells what an operation demands of its caller', () => {
    const document = finished();
    const scoped = operationOf(document, 'get', '/things');
    expect(scoped.security).toEqual([
      { bearer: ['thing:read'] },
      { basic: ['thing:read'] },
      { apiKey: ['thing:read'] },
    ]);
    expect(scoped['x-required-scopes']).toEqual(['thing:read']);
    expect(scoped.description).toBe('Does it.\n\nScope: `thing:read`.');
    const sessionOnly = operationOf(document, 'post', '/things');
    expect(sessionOnly.description).toContain('Takes a session only');
    expect(sessionOnly['x-session-only']).toBe(true);
    expect(sessionOnly.security).toEqual([{ bearer: [] }, { apiKey: [] }]);
    expect(operationOf(document, 'get', '/health').security).toEqual([]);
    expect(Object.keys(document.components.securitySchemes)).toEqual(['bearer', 'basic', 'apiKey']);
  });

  it('composes examples of requests and answers', () => {
    const document = finished();
    const created = operationOf(document, 'post', '/things');
    const answer = created.responses['201'] as { content: Record<string, { example: unknown }> };
    expect(created.requestBody?.content['application/json']?.example).toEqual({ name: 'Lamp' });
    expect(answer.content['application/json']?.example).toEqual({
      data: { id: 'thg_01jd3k5m7n8p9q0r1s2t3v4w5x', name: 'Lamp', color: 'green', weight: 250 },
    });
  });

  it.each<[string, Parameters<typeof problemsAfter>[0], string]>([
    ['a summary', (_, getThing) => delete getThing.summary, 'ThingsController.getThing: add a summary'],
    [
      'a description',
      (_, getThing) => delete getThing.description,
      'ThingsController.getThing: add a description',
    ],
    [
      'an answer',
      (_, getThing) => delete getThing[answerExtension],
      'ThingsController.getThing: add @Answers',
    ],
    ['a known tag', (_, getThing) => (getThing.tags = ['other']), 'exactly one @ApiTags'],
    ['one tag only', (_, getThing) => getThing.tags?.push('service'), 'exactly one @ApiTags'],
    [
      'an id of its own',
      (_, getThing) => (getThing.operationId = 'ThingsController.listThings'),
      'operation ids are unique',
    ],
    [
      'a known path parameter',
      (raw, getThing) => (raw.paths['/api/v1/{otherId}'] = { get: structuredClone(getThing) }),
      'describe the path parameter otherId',
    ],
    [
      'a description of each property',
      (raw) => delete raw.components.schemas['ThingDto']?.properties?.['name']?.description,
      'ThingDto.name: add a JSDoc description',
    ],
    [
      'an example of each property',
      (raw) => delete raw.components.schemas['ThingDto']?.properties?.['name']?.example,
      'ThingDto.name: add an @example',
    ],
    [
      'bounds of requests',
      (raw) => delete raw.components.schemas['CreateThingDto']?.properties?.['name']?.maxLength,
      'CreateThingDto.name: bound the string',
    ],
    [
      'schemas of their own for requests',
      (_, getThing) =>
        (getThing[answerExtension] = {
          status: 200,
          schema: 'CreateThingDto',
          shape: 'one',
          description: 'It.',
        }),
      'CreateThingDto: is in a request and in an answer',
    ],
  ])('demands %s', (_name, change, problem) => {
    expect(problemsAfter(change).join('\n')).toContain(problem);
  });

  it('names all problems at once', () => {
    const problems = problemsAfter((_, getThing) => {
      delete getThing.summary;
      delete getThing.description;
    });
    expect(problems).toHaveLength(2);
  });
});

describe('a document of bare bodies', () => {
  it('has no envelopes, lists by name, and errors of its own', () => {
    const document = finishedBare();
    const { schemas, responses, securitySchemes } = document.components;
    expect(Object.keys(schemas)).toEqual(['CreateThing', 'Error', 'Thing', 'ThingList', 'UpdateThing']);
    expect(Object.keys(schemas['Error']?.properties ?? {})).toEqual(['success', 'message', 'errors']);
    expect(responses['NotFound']?.content?.['application/json']?.example).toMatchObject({ success: false });
    expect(Object.keys(securitySchemes)).toEqual(['basic', 'bearer']);
    const { responses: answers, 'x-codeSamples': samples } = operationOf(document, 'get', '/things');
    const { content } = answers['200'] as { content: Record<string, { schema: object; example: unknown[] }> };
    expect(content['application/json']?.schema).toEqual({ $ref: '#/components/schemas/ThingList' });
    expect(content['application/json']?.example).toHaveLength(1);
    expect(samples[0]?.source).toContain('-u "$CREDVAULT_KEY:$CREDVAULT_SECRET"');
  });
});
