import { DomainError } from '@credvault/http/domain-error.js';

/** The same words, status and time for an unknown account as for a wrong password. */
export class SignInRefused extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'The e-mail address or the password is wrong.');
  }
}

export class RefreshRefused extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'Invalid or expired refresh token. Sign in again.');
  }
}

/** The refresh token was used a moment ago: probably by a parallel request of the same client. */
export class RefreshInProgress extends DomainError {
  constructor() {
    super('CONFLICT', 'This refresh token was just exchanged. Use the answer of that request.');
  }
}

export class RegistrationRefused extends DomainError {
  constructor(message: string) {
    super('FORBIDDEN', message, {
      details: [{ path: 'setupToken', code: 'refused', message: 'does not open a registration' }],
    });
  }
}

export class WrongPassword extends DomainError {
  constructor() {
    super('FORBIDDEN', 'The current password is wrong.', {
      details: [{ path: 'currentPassword', code: 'wrong', message: 'is wrong' }],
    });
  }
}

export class LinkRefused extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This link is unknown, used or expired. Ask the operator for a new one.', {
      details: [{ path: 'token', code: 'refused', message: 'is unknown, used or expired' }],
    });
  }
}

export class SessionNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such session.');
  }
}
