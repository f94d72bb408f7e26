import { DomainError } from '@credvault/http/domain-error.js';

export class EmailTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'An account with this e-mail address exists already. Sign in instead.', {
      details: [{ path: 'email', code: 'duplicate', message: 'is taken' }],
    });
  }
}

export class UserNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such user.');
  }
}
