import { cloudChallenge, cloudErrorBody } from './cloud-error-body.js';
import { isCloudPath, rewriteShortPath } from './request-target.js';

describe('cloudErrorBody', () => {
  it('gathers what is wrong by field, and leaves what is wrong with the whole to the message', () => {
    const details = [
      { path: 'name', code: 'isString', message: 'one' },
      { path: 'name', code: 'isLength', message: 'two' },
      { path: '', code: 'unknownBody', message: 'three' },
    ];
    const body = { success: false, message: 'Wrong.' };
    expect(cloudErrorBody({ code: 'BAD_REQUEST', message: 'Wrong.', details })).toEqual({
      ...body,
      errors: { name: ['one', 'two'] },
    });
    expect(cloudErrorBody({ code: 'NOT_FOUND', message: 'Wrong.' })).toEqual(body);
    const named = cloudErrorBody({ code: 'CONFLICT', message: 'Wrong.', details: details.slice(2) });
    expect(named).toEqual(body);
  });

  it('speaks of no field that this API has not', () => {
    const { message } = cloudErrorBody({ code: 'INTERNAL_ERROR', message: 'Quote the requestId.' });
    expect(message).toContain('X-Request-Id');
  });
});

describe('an operation that an error sends to', () => {
  it('is named with its whole path, because the services name those of /api/v1', () => {
    const details = [{ path: 'authorization', code: 'x', message: 'needs POST /auth/step-up first' }];
    const message = 'Use POST /auth/step-up or PUT /api/v2/users/me, then repeat GET / and the POST.';
    expect(cloudErrorBody({ code: 'FORBIDDEN', message, details })).toEqual({
      success: false,
      message:
        'Use POST /api/v1/auth/step-up or PUT /api/v2/users/me, then repeat GET /api/v1/ and the POST.',
      errors: { authorization: ['needs POST /api/v1/auth/step-up first'] },
    });
  });
});

describe('cloudChallenge', () => {
  it('names HTTP Basic first, once', () => {
    const basic = 'Basic realm="credvault", charset="UTF-8"';
    expect(cloudChallenge(basic)).toBe(basic);
    expect(cloudChallenge('Bearer realm="credvault"')).toBe(`${basic}, Bearer realm="credvault"`);
  });
});

describe('paths of the cloud-style API', () => {
  it.each([
    ['/api/v2/users/me/', '/api/v2/users/me'],
    ['/api/v2/users/me/?a=b/', '/api/v2/users/me?a=b/'],
    ['/api/v2/users/me', '/api/v2/users/me'],
    ['/api/v2/users//', '/api/v2/users/'],
    ['/api/v2/', '/api/v2'],
    ['http://localhost:3000/api/v2/roles/', '/api/v2/roles'],
    ['/api/v20/roles/', '/api/v20/roles/'],
    ['/api/v1/me/', '/api/v1/me/'],
    ['/v2/roles/', '/v2/roles/'],
  ])('%s is served as %s', (written, served) => {
    expect(rewriteShortPath({ url: written })).toBe(served);
  });

  it('are those below /api/v2, with a query or without', () => {
    expect(['/api/v2', '/api/v2/', '/api/v2?a=b', '/api/v2/users'].every(isCloudPath)).toBe(true);
    expect(['/api/v1/v2', '/api/v22', '/api', '/API/v2'].some(isCloudPath)).toBe(false);
  });
});
