import { randomUUID } from 'node:crypto';
import type { Reply } from '../support/client.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import {
  clientOf,
  contract,
  holdKey,
  makeWorld,
  prepare,
  prepareToRefuse,
  send,
  successOf,
  takesHeader,
  type World,
} from './world.js';

/** POSTs that only ask something. */
const changingNothing = ['testApiKey', 'testApiKeyPermission'];

/** Operations whose answer holds a token that is shown this once. */
const showingOnce = ['createApiToken', 'createApiKey', 'rotateApiKey'];

describe('every operation used rightly', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  it.each(contract.operations)('$id succeeds as documented', async (operation) => {
    const reply = await send(world, operation, await prepare(world, operation));
    expect(reply.status).toBe(successOf(operation));
    expect(reply.headers['cache-control']).toBe('no-store');
    if (operation.isLimited) expectLimit(reply);
  });

  it.each(contract.operations)('$id succeeds below /v1 as well', async (operation) => {
    const path = operation.path.replace(/^\/api/, '');
    const reply = await send(world, { ...operation, path }, await prepare(world, operation));
    expect(reply.status).toBe(successOf(operation));
  });

  const limited = contract.operations.filter(({ isLimited }) => isLimited);

  it('limits all but the probes', () => {
    const others = contract.operations.filter(({ isLimited }) => !isLimited);
    expect(new Set(others.map(({ tag }) => tag))).toEqual(new Set(['service']));
  });

  it.each(limited)('$id tells what is left of its limit in failure too', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const refused = await send(world, operation, prepared, { query: { colour: 'red' } });
    expect(refused.status).toBe(400);
    expectLimit(refused);
  });

  const created = contract.operations.filter(
    (operation) => successOf(operation) === 201 && operation.isSecured,
  );

  it.each(created)('$id says where what it made is', async (operation) => {
    const prepared = await prepare(world, operation);
    const reply = await send(world, operation, prepared);
    const client = await clientOf(operation, prepared.person);
    const made = await client.get(reply.headers.location ?? '', { fromRoot: true });
    expect(made.status).toBe(200);
    expect(made.data<{ id: string }>().id).toBe(reply.data<{ id: string }>().id);
  });

  const conditional = contract.operations.filter((operation) => takesHeader(operation, 'If-Match'));

  it.each(conditional)(
    '$id honours If-Match: a stale one is 412, the present one passes',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const resource = readingOf(operation);
      if (!resource) throw new Error('There is nothing to read an ETag from.');
      const { etag } = (await send(world, resource, prepared)).headers;
      expect(etag).toMatch(/^"[^"]+"$/);
      for (const stale of ['"nothing"', `W/${etag}`, etag?.replace(/\d+"$/, '999"') ?? '']) {
        const refused = await send(world, operation, prepared, { headers: { 'if-match': stale } });
        expect({ stale, status: refused.status }).toEqual({ stale, status: 412 });
      }
      expect((await send(world, resource, prepared)).headers.etag).toBe(etag);
      const malformed = await send(world, operation, prepared, { headers: { 'if-match': 'no quotes' } });
      expect(malformed.status).toBe(400);
      const passed = await send(world, operation, prepared, {
        headers: { 'if-match': `"nothing", ${etag}` },
      });
      expect(passed.status).toBe(successOf(operation));
    },
  );

  const retryable = contract.operations.filter((operation) => takesHeader(operation, 'Idempotency-Key'));

  it('takes an Idempotency-Key with every POST that changes something, except sign-in and sign-out', () => {
    const posts = contract.operations.filter(
      ({ id, method, tag, isSecured }) =>
        method === 'POST' && isSecured && tag !== 'auth' && !changingNothing.includes(id),
    );
    expect(retryable.map(({ id }) => id)).toEqual(posts.map(({ id }) => id));
  });

  it.each(retryable)('$id gives the first answer again for the same Idempotency-Key', async (operation) => {
    const prepared = await prepare(world, operation);
    const headers = { 'idempotency-key': randomUUID() };
    const first = await send(world, operation, prepared, { headers });
    expect(first.status).toBe(successOf(operation));
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const again = await send(world, operation, prepared, { headers });
    if (showingOnce.includes(operation.id)) {
      // The token was shown once: the replay names what it made instead.
      expect(again.status).toBe(409);
      expect(again.text).toContain(first.data<{ id: string }>().id);
      return;
    }
    expect(again.status).toBe(first.status);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    expect(again.headers.etag).toBe(first.headers.etag);
    expect(again.headers.location).toBe(first.headers.location);
  });

  it.each(retryable)(
    '$id refuses an Idempotency-Key that was used for another request: 422',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const headers = { 'idempotency-key': randomUUID() };
      expect((await send(world, operation, prepared, { headers })).status).toBe(successOf(operation));
      const { otherBody: body = prepared.body, otherParams: params } = prepared;
      expect({ body, params }).not.toEqual({ body: prepared.body, params: undefined });
      const reused = await send(world, operation, prepared, { headers, body, params });
      expect(reused.status).toBe(422);
    },
  );

  it.each(retryable)(
    '$id answers 409 while the first request with the key is still running',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const key = randomUUID();
      const release = await holdKey(world, operation, prepared.person, key);
      try {
        const busy = await send(world, operation, prepared, { headers: { 'idempotency-key': key } });
        expect(busy.status).toBe(409);
        expect(busy.headers['retry-after']).toBe('1');
      } finally {
        await release();
      }
      const after = await send(world, operation, prepared, { headers: { 'idempotency-key': key } });
      expect(after.status).toBe(successOf(operation));
    },
  );

  it.each(retryable)('$id refuses an Idempotency-Key that is no key: 400', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    for (const key of ['', 'a b', 'x'.repeat(256), 'é']) {
      const reply = await send(world, operation, prepared, { headers: { 'idempotency-key': key } });
      expect({ key, status: reply.status }).toEqual({ key, status: 400 });
    }
  });

  function expectLimit({ headers }: Reply): void {
    const [, policy] = /^("[a-z-]+");q=\d+;w=60$/.exec(headers['ratelimit-policy'] ?? '') ?? [];
    expect(policy).toBeDefined();
    expect(headers.ratelimit).toMatch(new RegExp(`^${policy};r=\\d+;t=\\d+$`));
  }

  /** The operation that reads what this one changes: at its path or, for a verb like `rotate`, at the path before it. */
  function readingOf({ path }: DocumentedOperation): DocumentedOperation | undefined {
    return contract.match('GET', path) ?? contract.match('GET', path.replace(/\/[a-z-]+$/, ''));
  }
});
