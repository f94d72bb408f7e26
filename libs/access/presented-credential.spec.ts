import type { FastifyRequest } from 'fastify';
import { TwoCredentials } from './access.errors.js';
import { presentedCredential, type PresentedCredential } from './presented-credential.js';

/** Reads headers the way Node gives them: the first `Authorization`, other repeated ones joined by commas. */
function present(...raw: [name: string, value: string][]): PresentedCredential | undefined {
  const headers: Record<string, string> = {};
  for (const [given, value] of raw) {
    const name = given.toLowerCase();
    if (headers[name] === undefined) headers[name] = value;
    else if (name !== 'authorization') headers[name] += `, ${value}`;
  }
  return presentedCredential({ headers, raw: { rawHeaders: raw.flat() } } as unknown as FastifyRequest);
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the presented credential', () => {
  it('is none without a header for it', () => {
    expect(present()).toBeUndefined();
    expect(present(['cookie', 'token=cv_a'], ['x-token', 'cv_a'])).toBeUndefined();
  });

  it.each(['Bearer cv_a', 'bearer cv_a', 'BEARER cv_a'])('is the token of %j', (value) => {
    expect(present(['Authorization', value])).toEqual({ scheme: 'bearer', token: 'cv_a' });
  });

  it.each(['Bearer', 'Bearer ', 'Bearer cv_a cv_b', 'Bearer  cv_a', 'Token cv_a', 'cv_a', ''])(
    'has no token in %j',
    (value) => expect(present(['Authorization', value])).toEqual({ scheme: 'bearer' }),
  );

  it('is the value of X-API-Key', () => {
    expect(present(['X-API-Key', 'cv_a'])).toEqual({ scheme: 'x-api-key', token: 'cv_a' });
  });

  it('is id and token of HTTP Basic', () => {
    const expected = { scheme: 'basic', keyId: 'key_1', token: 'cv_a' };
    expect(present(['Authorization', basic('key_1:cv_a')])).toEqual(expected);
    expect(present(['Authorization', basic('key_1:cv_a').replace('Basic', 'bASIC')])).toEqual(expected);
    expect(present(['Authorization', basic('key_1:cv_a').replace(/=+$/, '')])).toEqual(expected);
  });

  it('divides at the first colon: the others belong to the token', () => {
    expect(present(['Authorization', basic('key_1:a:b:')])).toMatchObject({ keyId: 'key_1', token: 'a:b:' });
    expect(present(['Authorization', basic('key_1:')])).toMatchObject({ keyId: 'key_1', token: '' });
  });

  it.each([
    ['no colon', basic('key_1')],
    ['no id', basic(':cv_a')],
    ['nothing in it', 'Basic '],
    ['no content', 'Basic'],
    ['no base64', 'Basic key_1:cv_a'],
    ['the other alphabet', 'Basic a2V5XzE6_w--'],
    ['padding in the middle', 'Basic a2V5=XzE6Y3ZfYQ=='],
    ['something behind it', `${basic('key_1:cv_a')} x`],
    ['more than can be', basic(`key_1:${'x'.repeat(400)}`)],
  ])('of HTTP Basic with %s has no token', (_what, value) => {
    expect(present(['Authorization', value])).toEqual({ scheme: 'basic' });
  });

  it('may come in both headers when it is the same', () => {
    expect(present(['Authorization', 'Bearer cv_a'], ['X-API-Key', 'cv_a'])?.token).toBe('cv_a');
    expect(present(['Authorization', basic('key_1:cv_a')], ['X-API-Key', 'cv_a'])?.token).toBe('cv_a');
  });

  it.each<[string, [string, string][]]>([
    [
      'a bearer token and another X-API-Key',
      [
        ['Authorization', 'Bearer cv_a'],
        ['X-API-Key', 'cv_b'],
      ],
    ],
    [
      'HTTP Basic and another X-API-Key',
      [
        ['Authorization', basic('key_1:cv_a')],
        ['X-API-Key', 'cv_b'],
      ],
    ],
    [
      'an unreadable one and X-API-Key',
      [
        ['Authorization', 'Basic ?'],
        ['X-API-Key', 'cv_a'],
      ],
    ],
    [
      'two bearer tokens',
      [
        ['Authorization', 'Bearer cv_a'],
        ['Authorization', 'Bearer cv_b'],
      ],
    ],
    [
      'a bearer token and HTTP Basic',
      [
        ['authorization', 'Bearer cv_a'],
        ['AUTHORIZATION', basic('a:cv_a')],
      ],
    ],
    [
      'one bearer token twice',
      [
        ['Authorization', 'Bearer cv_a'],
        ['Authorization', 'Bearer cv_a'],
      ],
    ],
    [
      'X-API-Key twice',
      [
        ['X-API-Key', 'cv_a'],
        ['x-api-key', 'cv_b'],
      ],
    ],
  ])('is not guessed from two: %s', (_what, headers) => {
    expect(() => present(...headers)).toThrow(TwoCredentials);
  });
});
