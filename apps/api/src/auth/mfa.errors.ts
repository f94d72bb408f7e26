import { DomainError } from '@credvault/http/domain-error.js';

/** A sign-in cannot go on with this token: begin again with the password. */
export class ChallengeRefused extends DomainError {
  constructor() {
    super(
      'UNAUTHORIZED',
      'This sign-in is unknown, finished, expired or was tried too often. Sign in again.',
      {
        details: [{ path: 'challengeToken', code: 'refused', message: 'cannot be answered (any more)' }],
      },
    );
  }
}

/** The same words for a code that is wrong, too old or used before. */
const refused =
  'The code is wrong, too old or was used before. Wait for the next one, or use a recovery code.';

/** A sign-in goes no further with this code; the next one may do. */
export class SignInCodeRefused extends DomainError {
  constructor() {
    super('UNAUTHORIZED', refused, {
      details: [{ path: 'code', code: 'wrong', message: 'is wrong or used' }],
    });
  }
}

/** Somebody who is signed in sent a code that does not prove who they are. */
export class CodeRefused extends DomainError {
  constructor() {
    super('FORBIDDEN', refused, { details: [{ path: 'code', code: 'wrong', message: 'is wrong or used' }] });
  }
}

/** With a second factor, the password alone proves nothing. */
export class CodeRequired extends DomainError {
  /** @param need what the code is needed for, beside the password or in its place */
  constructor(need = 'is needed instead of the password') {
    super('FORBIDDEN', 'This account has a second factor. Send `code` or `recoveryCode`.', {
      details: [{ path: 'code', code: 'code_required', message: need }],
    });
  }
}

/** Without a second factor, only the password proves something. */
export class PasswordRequired extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This account has no second factor. Send `password`.', {
      details: [{ path: 'password', code: 'password_required', message: 'is needed instead of a code' }],
    });
  }
}

export class StepUpPasswordWrong extends DomainError {
  constructor() {
    super('FORBIDDEN', 'The password is wrong.', {
      details: [{ path: 'password', code: 'wrong', message: 'is wrong' }],
    });
  }
}

/** No secret waits for its first code. */
export class EnrolmentMissing extends DomainError {
  constructor() {
    super('CONFLICT', 'No enrolment is under way, or it took too long. Begin with POST /auth/mfa/totp.');
  }
}

export class MfaNotEnabled extends DomainError {
  constructor() {
    super('CONFLICT', 'This account has no second factor. Begin with POST /auth/mfa/totp.');
  }
}

/** A step-up by the password of an account that signs in by a provider and has none. */
export class NoPassword extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'This account has no password. Sign in by the provider again, with stepUp: true, to prove who you are.',
      { details: [{ path: 'password', code: 'none', message: 'is none that this account has' }] },
    );
  }
}

/** An organization that the person belongs to takes nobody without a second factor. */
export class MfaStillRequired extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'An organization that you belong to asks for a second factor, so it cannot be switched off.',
      {
        details: [
          { path: 'requireMfa', code: 'mfa_required', message: 'is set by one of your organizations' },
        ],
      },
    );
  }
}
