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
    super('FORBIDDEN', 'This link is unknown, used or expired. Ask for a new one.', {
      details: [{ path: 'token', code: 'refused', message: 'is unknown, used or expired' }],
    });
  }
}

/** Told to somebody with a session only: public endpoints give their usual answer. */
export class MailNotConfigured extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'This service has no mail server, so it cannot ask the new address. The operator sets one with SMTP_URL.',
    );
  }
}

/** Told to whoever has shown that the address is theirs, so it gives away nothing. */
export class NewEmailTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'Another account has this e-mail address by now, so it was not changed.', {
      details: [{ path: 'token', code: 'duplicate', message: 'is for an address that is taken' }],
    });
  }
}

export class SessionNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such session.');
  }
}

/** A switch to the organization that the session acts in. */
export class AlreadyActingThere extends DomainError {
  constructor() {
    super('CONFLICT', 'This session acts in that organization already.');
  }
}

/** A switch to an organization that asks people to sign in more often than this one has. */
export class SessionTooOld extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'That organization asks for a sign-in that is younger than this session. Sign in again.',
      {
        details: [
          { path: 'authorization', code: 'session_too_old', message: 'is too long after the sign-in' },
        ],
      },
    );
  }
}
