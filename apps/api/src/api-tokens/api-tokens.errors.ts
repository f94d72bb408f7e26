import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class ApiTokenNotFound extends ResourceNotFound {
  constructor() {
    super('apiToken');
  }
}

export class ExpiryInThePast extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'expiresAt must be in the future.', {
      details: [{ path: 'expiresAt', code: 'past', message: 'must be in the future' }],
    });
  }
}

/** The token was shown once, to the first request; a repeated one cannot have it again. */
export class TokenShownOnce extends DomainError {
  constructor(publicTokenId: string) {
    super(
      'CONFLICT',
      `This request made the token ${publicTokenId} already, and a token is shown only once. Delete it and make another.`,
      { details: [{ path: 'id', code: 'shown_once', message: publicTokenId }] },
    );
  }
}
