import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class InvitationNotFound extends ResourceNotFound {
  constructor() {
    super('invitation');
  }
}

/** Whoever has this e-mail address belongs to the organization already. */
export class MemberAlready extends DomainError {
  constructor(path: 'email' | 'token') {
    super('CONFLICT', 'Whoever has this e-mail address is a member of the organization already.', {
      details: [{ path, code: 'member', message: 'is of a member' }],
    });
  }
}

/** The token of an invitation was shown once, to the first request; a repeated one cannot have it again. */
export class InvitationShownOnce extends DomainError {
  constructor(publicInvitationId: string) {
    super(
      'CONFLICT',
      `This request made the invitation ${publicInvitationId} already, and its token is shown only once. Invite again to get another one.`,
      { details: [{ path: 'id', code: 'shown_once', message: publicInvitationId }] },
    );
  }
}

/** The invited e-mail address has an account, and this is not its password. */
export class AccountPasswordWrong extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'The invited e-mail address has an account, and this is not its password. Send its password, or sign in and use POST /me/invitations/accept.',
      { details: [{ path: 'password', code: 'wrong', message: 'is wrong' }] },
    );
  }
}

/** The password is right, but the account takes more than a password. */
export class SecondFactorNeeded extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This account has a second factor. Sign in and use POST /me/invitations/accept.', {
      details: [{ path: 'password', code: 'session_required', message: 'is not enough for this account' }],
    });
  }
}

/** A new account needs a name; an existing one has it. */
export class NameNeeded extends DomainError {
  constructor() {
    const message = 'name is needed, because the invited e-mail address has no account yet';
    super('BAD_REQUEST', `Invalid request body or parameters: ${message}.`, {
      details: [{ path: 'name', code: 'required', message }],
    });
  }
}
