import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import type { DocumentedOperation } from '../support/contract/document.js';
import {
  contract,
  credentialOf,
  makeWorld,
  messageOf,
  prepare,
  send,
  successOf,
  unknownId,
  type World,
} from './world.js';

describe('the ways to send a credential', () => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld();
  });

  afterAll(() => world?.service.stop());

  const secured = contract.operations.filter(({ isSecured }) => isSecured);
  const basicTaken = secured.filter(({ schemes }) => schemes.includes('basic'));
  const basicRefused = secured.filter(({ schemes }) => !schemes.includes('basic'));

  it('are documented as three, HTTP Basic for none that takes a session only', () => {
    expect(Object.keys(contract.raw.components?.['securitySchemes'] ?? {})).toEqual([
      'bearer',
      'basic',
      'apiKey',
    ]);
    for (const { id, schemes } of secured) {
      expect({ id, schemes }).toEqual({
        id,
        schemes: expect.arrayContaining(['bearer', 'apiKey']) as string[],
      });
    }
    expect(basicRefused.map(({ id }) => id)).toEqual(
      secured.filter(({ isSessionOnly }) => isSessionOnly).map(({ id }) => id),
    );
  });

  it.each(secured)('$id by HTTP Basic with an id that the token has not is 401', async (operation) => {
    const prepared = await prepare(world, operation);
    const { token } = await credentialOf(operation, prepared.person);
    for (const id of [unknownId('apiKey'), unknownId('apiToken'), 'admin', '']) {
      const reply = await send(world, operation, prepared, { sender: null, headers: basic(id, token) });
      expect({ id, status: reply.status }).toEqual({ id, status: 401 });
      expect(reply.headers['www-authenticate']).toBe('Basic realm="credvault", charset="UTF-8"');
    }
  });

  it.each(secured)('$id with an X-API-Key that nobody has is 401', async (operation) => {
    const prepared = await prepare(world, operation);
    for (const key of [mintToken('cv_'), 'cv_garbage', 'garbage']) {
      const reply = await send(world, operation, prepared, { sender: null, headers: { 'x-api-key': key } });
      expect({ key, status: reply.status }).toEqual({ key, status: 401 });
      expect(messageOf(reply)).toBe('Invalid or expired API token.');
      expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
    }
  });

  it.each(firstOfEachTag(basicTaken))(
    '$id takes its token in X-API-Key and by HTTP Basic',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const { id = '', token } = await credentialOf(operation, prepared.person);
      for (const headers of [{ 'x-api-key': token }, basic(id, token)]) {
        const reply = await send(world, operation, await prepare(world, operation), { token: null, headers });
        expect(reply.status).toBe(successOf(operation));
      }
    },
  );

  it.each(firstOfEachTag(basicRefused))(
    '$id takes its session in X-API-Key, not by HTTP Basic',
    async (operation) => {
      const prepared = await prepare(world, operation);
      const { session } = prepared.person;
      for (const id of [publicId('session', newUuid()), prepared.person.userId, prepared.person.tokenId]) {
        const refused = await send(world, operation, prepared, { token: null, headers: basic(id, session) });
        expect(refused.status).toBe(401);
      }
      const reply = await send(world, operation, prepared, {
        token: null,
        headers: { 'x-api-key': session },
      });
      expect(reply.status).toBe(successOf(operation));
    },
  );

  it.each(firstOfEachTag(secured))('$id with two credentials that differ is 400', async (operation) => {
    const prepared = await prepare(world, operation);
    const headers = { 'x-api-key': mintToken('cv_') };
    const reply = await send(world, operation, prepared, { headers });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ error: { details: [{ code: 'two_credentials' }] } });
  });
});

/** `Authorization: Basic` (RFC 7617). */
function basic(id: string, token: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${id}:${token}`).toString('base64')}` };
}

/** A sample: one operation of each tag. */
function firstOfEachTag(operations: DocumentedOperation[]): DocumentedOperation[] {
  return operations.filter(({ tag }, index) => operations.findIndex((other) => other.tag === tag) === index);
}
