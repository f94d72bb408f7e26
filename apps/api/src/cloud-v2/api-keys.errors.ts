import { DomainError } from '@credvault/http/domain-error.js';

/** Nobody grants more than they have: a key that ends lets no key work that would outlive it. */
export class OutlivesCredential extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'This key would work longer than the one you use. Sign in, and use the access token.',
      {
        details: [
          { path: 'active', code: 'outlives', message: 'ends later than the credential of this request' },
        ],
      },
    );
  }
}
