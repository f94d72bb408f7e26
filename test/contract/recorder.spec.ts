import type { Reply } from '../support/client.js';
import { AnswerCheck, type CheckedAnswer } from '../support/contract/answer-check.js';
import { ContractDocument } from '../support/contract/document.js';
import { judge } from '../support/contract/recorder.js';
import { coverageOf } from './coverage.mjs';
import { contract, makeWorld, type World } from './world.js';

/** Negative controls: the contract check must notice what it is there for. */
describe('the contract check', () => {
  const check = new AnswerCheck(contract);
  let world: World;
  let reply: Reply;

  beforeAll(async () => {
    world = await makeWorld();
    reply = await world.jane.client.get('/me');
  });

  afterAll(() => world?.service.stop());

  /** What it says of the answer to GET /me, changed. */
  function verdict(change: Partial<CheckedAnswer>, path = '/api/v1/me'): string {
    const outcome = judge(contract, check, { method: 'GET', path, reply: { ...reply, ...change } });
    return 'violation' in outcome ? outcome.violation : `${outcome.operation} ${outcome.status}`;
  }

  function data(): Record<string, unknown> {
    return reply.data<Record<string, unknown>>();
  }

  it('takes a right answer and records it', () => {
    expect(verdict({})).toBe('getMe 200');
    expect(verdict({}, '/v1/me')).toBe('getMe 200');
  });

  it('takes an answer without the headers of limits: there may be none', () => {
    expect(reply.headers.ratelimit).toBeDefined();
    const { ratelimit: _remaining, 'ratelimit-policy': _policy, ...headers } = reply.headers;
    expect(verdict({ headers })).toBe('getMe 200');
  });

  it('refuses the headers of limits where none are documented', () => {
    const problems = check.problems(contract.operation('getLiveness'), reply);
    expect(problems).toContain('the header RateLimit is not documented');
  });

  it.each([
    ['a status that is not documented', () => verdict({ status: 418 }), 'status 418 is not documented'],
    ['a path that is not documented', () => verdict({}, '/api/v1/you'), 'is not in the OpenAPI document'],
    [
      'a field that is not documented',
      () => verdict({ body: { data: { ...data(), age: 7 } } }),
      'the field age is not documented',
    ],
    [
      'an envelope with a field too many',
      () => verdict({ body: { data: data(), meta: {} } }),
      'the field meta is not documented',
    ],
    ['a field that is missing', () => verdict({ body: { data: { ...data(), email: undefined } } }), 'email'],
    [
      'a field of the wrong type',
      () => verdict({ body: { data: { ...data(), name: 5 } } }),
      'must be string',
    ],
    [
      'a time that is none',
      () => verdict({ body: { data: { ...data(), createdAt: 'today' } } }),
      'date-time',
    ],
    [
      'an id of another kind',
      () => verdict({ body: { data: { ...data(), id: 'vlt_1' } } }),
      'must match pattern',
    ],
    ['a body without the envelope', () => verdict({ body: data() }), 'must have required property'],
    [
      'a header that is missing',
      () => verdict({ headers: { ...reply.headers, 'x-request-id': undefined as never } }),
      'X-Request-Id is missing',
    ],
    [
      'a header that is malformed',
      () => verdict({ headers: { ...reply.headers, 'x-request-id': 'mine' } }),
      'header X-Request-Id',
    ],
    [
      'a limit without what is left of it',
      () => verdict({ headers: { ...reply.headers, ratelimit: undefined as never } }),
      'RateLimit-Policy came without the other',
    ],
    [
      'a limit that is malformed',
      () => verdict({ headers: { ...reply.headers, 'ratelimit-policy': '100;w=60' } }),
      'header RateLimit-Policy',
    ],
    [
      'another media type',
      () => verdict({ headers: { ...reply.headers, 'content-type': 'text/html' } }),
      'media type text/html',
    ],
  ])('refuses %s', (_, act, expected) => {
    expect(verdict({})).toBe('getMe 200');
    expect(act()).toContain(expected);
  });

  it('refuses a body where none is documented', () => {
    const outcome = judge(contract, check, {
      method: 'POST',
      path: '/api/v1/auth/logout',
      reply: { ...reply, status: 204, text: '{}' },
    });
    expect(JSON.stringify(outcome)).toContain('there is a body, but none is documented');
  });

  it('refuses right answers when the document is wrong', () => {
    const text = JSON.stringify(contract.raw).replaceAll('"plan"', '"tariff"');
    const wrong = new ContractDocument(JSON.parse(text) as typeof contract.raw);
    const outcome = judge(wrong, new AnswerCheck(wrong), { method: 'GET', path: '/api/v1/me', reply });
    expect(JSON.stringify(outcome)).toContain('the field plan is not documented');
  });

  it('fails the very request that got an undocumented answer', async () => {
    await expect(world.jane.client.request('PUT', '/me', { undocumented: true })).resolves.toMatchObject({
      status: 405,
    });
    expect(() => contract.operation('putMe')).toThrow('has no operation putMe');
  });

  it('reports documented answers that nobody saw, those that take a fault once per tag', () => {
    const responses = { 200: {}, 404: {}, 429: {} };
    const document = {
      paths: {
        '/a': {
          get: { operationId: 'getA', tags: ['a'], responses },
          put: { operationId: 'putA', tags: ['a'], responses },
        },
        '/b': { get: { operationId: 'getB', tags: ['b'], responses } },
      },
    };
    const records = [
      ...['getA', 'putA', 'getB'].map((operation) => ({ operation, status: 200 })),
      { operation: 'getA', status: 404 },
      { operation: 'putA', status: 429 },
      { violation: 'something' },
    ];
    expect(coverageOf(document, records)).toEqual({
      documented: 8,
      missing: ['putA 404', 'getB 404', '429 in the tag b'],
      violations: ['something'],
    });
  });
});
