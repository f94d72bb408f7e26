import type { RawOperation } from './document.js';
import { describeDemands, restrictionsOf, securityOf, securitySchemes, takesCredential } from './security.js';

/** An operation with these demands; `bearer` is what access rules note for whatever takes a credential. */
function operation(demands: Partial<RawOperation>): RawOperation {
  return { operationId: 'ThingsController.getThing', security: [{ bearer: [] }], ...demands };
}

describe('securitySchemes', () => {
  it('names the three ways to send a credential', () => {
    const schemes = securitySchemes({ bearer: 'A token.', basic: 'Id and token.', apiKey: 'Any token.' });
    expect(schemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer', description: 'A token.' },
      basic: { type: 'http', scheme: 'basic', description: 'Id and token.' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'Any token.' },
    });
  });

  it('describes no other way than those it is given', () => {
    expect(Object.keys(securitySchemes({ basic: 'Key and secret.', bearer: 'A token.' }))).toEqual([
      'basic',
      'bearer',
    ]);
  });
});

const ways = ['bearer', 'basic', 'apiKey'];

describe('securityOf', () => {
  it('asks nothing of the caller of a public operation', () => {
    const open = operation({ security: undefined });
    expect(takesCredential(open)).toBe(false);
    expect(securityOf(open, ways)).toEqual([]);
  });

  it('takes any of the three, each with the scopes', () => {
    expect(securityOf(operation({ 'x-required-scopes': ['thing:read'] }), ways)).toEqual([
      { bearer: ['thing:read'] },
      { basic: ['thing:read'] },
      { apiKey: ['thing:read'] },
    ]);
  });

  it('does not take a session by HTTP Basic', () => {
    expect(securityOf(operation({ 'x-session-only': true }), ways)).toEqual([{ bearer: [] }, { apiKey: [] }]);
  });

  it.each(['x-person-only', 'x-api-key-only', 'x-administrator-only'] as const)(
    'takes any of the three with %s',
    (restriction) => {
      const schemes = securityOf(operation({ [restriction]: true }), ways).flatMap(Object.keys);
      expect(schemes).toEqual(['bearer', 'basic', 'apiKey']);
    },
  );
});

describe('restrictions', () => {
  it.each([
    ['x-session-only', 'Takes a session only'],
    ['x-person-only', 'Takes a session or a personal token'],
    ['x-api-key-only', 'Takes an API key only'],
    ['x-administrator-only', 'For administrators of this installation'],
  ] as const)('publishes %s and says it in one sentence', (name, words) => {
    const restricted = operation({ [name]: true });
    expect(restrictionsOf(restricted)).toEqual({ [name]: true });
    expect(describeDemands(restricted, 'enveloped')).toEqual([expect.stringContaining(words)]);
  });

  it('names the code of an error only where errors have one', () => {
    const guarded = operation({ 'x-step-up': true });
    expect(describeDemands(guarded, 'enveloped')[0]).toContain('STEP_UP_REQUIRED');
    expect(describeDemands(guarded, 'bare')[0]).not.toContain('STEP_UP_REQUIRED');
    expect(describeDemands(guarded, 'bare')[0]).toContain('`POST /api/v1/auth/step-up`');
  });

  it('says scopes before restrictions, and nothing where there is nothing to say', () => {
    const both = operation({ 'x-required-scopes': ['thing:read'], 'x-person-only': true });
    expect(describeDemands(both, 'bare')[0]).toBe('Scope: `thing:read`.');
    expect(describeDemands(both, 'bare')).toHaveLength(2);
    expect(describeDemands(operation({}), 'bare')).toEqual([]);
    expect(restrictionsOf(operation({}))).toEqual({});
  });
});
