import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class InvitationNotFound extends ResourceNotFound {
  constructor() {
    super('invitation');
  }
}

/** More than that nobody waits for at once; it bounds what a list without pages holds, and what one organization can make. */
export class TooManyInvitations extends DomainError {
  constructor(most: number) {
    super(
      'CONFLICT',
      `There are ${most} open invitations already, the most an organization may have. Take some back, or wait until they are accepted or end.`,
    );
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

/**
 * The password is not that of an account with the invited e-mail address. The same words where there is no such account and
 * no name for a new one was sent: whoever has a token need not have the mailbox.
 */
export class AccountPasswordWrong extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'This is not the password of an account with the invited e-mail address. If it has an account, send its password, or sign in and use POST /me/invitations/accept; if it has none yet, send `name` too.',
      { details: [{ path: 'password', code: 'wrong', message: 'is wrong' }] },
    );
  }
}
