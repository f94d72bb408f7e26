import type { Actor, CredentialType } from './actor.js';
import { MfaRequired } from './access.errors.js';
import { assertSecondFactor } from './second-factor.js';

function actor(facts: Partial<Actor>): Actor {
  const origin = { requestId: 'req', method: 'GET', route: '/vaults', event: '', recorded: false };
  return { credentialType: 'session', requiresMfa: true, hasMfa: false, origin, ...facts } as Actor;
}

describe('the second factor that an organization asks for', () => {
  it.each<CredentialType>(['session', 'api_token'])(
    'is asked of whoever comes with a %s',
    (credentialType) => {
      const person = actor({ credentialType });
      expect(() => assertSecondFactor(person)).toThrow(MfaRequired);
      expect(person.origin.remark).toBe('second factor required');
    },
  );

  it.each<[string, Partial<Actor>]>([
    ['of whom a provider vouched for that is gone', { fromProvider: true, hasProvider: false }],
    ['of others where there is a provider', { hasProvider: true }],
  ])('is asked %s', (_whom, facts) => {
    expect(() => assertSecondFactor(actor(facts))).toThrow(MfaRequired);
  });

  it.each<[string, Partial<Actor>]>([
    ['of who has one', { hasMfa: true }],
    ['where nobody asks for it', { requiresMfa: false }],
    ['of programs', { credentialType: 'api_key' }],
    ['of whom the provider of the organization vouches for', { fromProvider: true, hasProvider: true }],
  ])('is not asked %s', (_whom, facts) => {
    expect(() => assertSecondFactor(actor(facts))).not.toThrow();
  });
});
