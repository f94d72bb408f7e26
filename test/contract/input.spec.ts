import { contract, makeWorld, messageOf, prepareToRefuse, send, type World } from './world.js';

describe('every operation with wrong input', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  it.each(contract.operations)(
    '$id with an unknown query parameter is 400 and names it',
    async (operation) => {
      const prepared = await prepareToRefuse(world, operation);
      const reply = await send(world, operation, prepared, { query: { ...prepared.query, colour: 'red' } });
      expect(reply.status).toBe(400);
      expect(reply.body).toMatchObject({
        error: { details: [{ path: 'colour', code: 'unknownParameter' }] },
      });
      const allowed = operation.parameters.filter((parameter) => parameter.in === 'query');
      for (const { name } of allowed) expect(messageOf(reply)).toContain(name);
    },
  );

  it.each(contract.operations)('$id refuses a wrong query as 400', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const { path: _path, ...rest } = operation;
    for (const query of ['?a=1&a=2', '?a=%zz', '?a=%00']) {
      const reply = await send(world, { ...rest, path: operation.path + query }, prepared, {
        query: undefined,
      });
      expect({ query, status: reply.status }).toEqual({ query, status: 400 });
    }
  });

  const bodied = contract.operations.filter(({ body }) => body !== undefined);

  it.each(bodied)('$id with an unknown field is 400 and names it', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const reply = await send(world, operation, prepared, { body: { ...prepared.body, colour: 'red' } });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ error: { details: [{ path: 'colour', code: 'unknownField' }] } });
    const allowed = Object.keys(contract.resolve(operation.body?.schema ?? {}).properties ?? {});
    for (const name of allowed) expect(messageOf(reply)).toContain(name);
  });

  it.each(bodied)('$id with a body that is no JSON is 415', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
    ]) {
      const reply = await send(world, operation, prepared, { headers: { 'content-type': type } });
      expect({ type, status: reply.status }).toEqual({ type, status: 415 });
    }
  });

  it.each(bodied)('$id with a broken body is 400', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
    const broken = [
      '{',
      '',
      'null',
      '[]',
      '"text"',
      '5',
      deep,
      '{"__proto__":{}}',
      '{"name":"a","name":"b"}',
      '{"a":"\\ud800"}',
    ];
    for (const raw of [...broken, new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])]) {
      const reply = await send(world, operation, prepared, { raw });
      expect({ raw, status: reply.status }).toEqual({ raw, status: 400 });
    }
  });

  it.each(bodied)('$id with fields of the wrong type is 400 and names the field', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    for (const field of Object.keys(prepared.body ?? {})) {
      for (const value of [{}, [], [[]], { toString: 'x' }, 1.5e300]) {
        const reply = await send(world, operation, prepared, { body: { ...prepared.body, [field]: value } });
        expect({ field, value, status: reply.status }).toEqual({ field, value, status: 400 });
        expect(reply.text).toContain(field);
      }
    }
  });

  const bodiless = contract.operations.filter(({ body, method }) => body === undefined && method !== 'GET');

  it.each(bodiless)('$id, which takes no body, refuses one as 400', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const reply = await send(world, operation, prepared, { body: { colour: 'red' } });
    expect(reply.status).toBe(400);
  });

  it.each(bodiless)('$id, which takes no body, answers one that is no JSON with 415', async (operation) => {
    const prepared = await prepareToRefuse(world, operation);
    const headers = { 'content-type': 'text/plain' };
    const reply = await send(world, operation, prepared, { body: { colour: 'red' }, headers });
    expect(reply.status).toBe(415);
  });
});
