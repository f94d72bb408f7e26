import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The organization has not set single sign-on up. */
export class SingleSignOnNotConfigured extends DomainError {
  constructor() {
    super('NOT_FOUND', 'This organization has no single sign-on. Set it up with PUT.');
  }
}

/** Nobody signs in by this organization, domain or address with a provider; the same for unknown ones and those switched off. */
export class SingleSignOnUnknown extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no single sign-on for this. Sign in with a password.');
  }
}

export class ExternalIdentityNotFound extends ResourceNotFound {
  constructor() {
    super('externalIdentity');
  }
}

/** A field of the configuration that cannot be used. */
export class ConfigurationRefused extends DomainError {
  constructor(path: string, code: string, message: string) {
    super('BAD_REQUEST', `Invalid request body or parameters: ${path} ${message}.`, {
      details: [{ path, code, message: `${path} ${message}` }],
    });
  }
}

/** The proof of the domain was not found. Names what was looked for, never what was found. */
export class DomainNotProven extends DomainError {
  constructor(name: string) {
    super(
      'CONFLICT',
      `The name server has no TXT record at ${name} with the value of domainChallenge. Add it, wait until it is published, and try again.`,
      { details: [{ path: 'domain', code: 'not_proven', message: 'is not proven' }] },
    );
  }
}

/** Another organization has proven this domain before, and the domain still shows its proof. */
export class DomainTaken extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'This domain belongs to another organization of this service, and still shows the TXT record of that one.',
      {
        details: [{ path: 'domain', code: 'taken', message: 'belongs to another organization' }],
      },
    );
  }
}

/** The provider of an organization says something that no sign-in can use, or may not be called. */
export class ProviderUnusable extends DomainError {
  constructor(why: string, cause?: unknown) {
    super(
      'CONFLICT',
      `The identity provider of the organization cannot be used: ${why} Tell whoever manages the organization.`,
      { details: [{ path: 'issuer', code: 'unusable', message: 'cannot be used' }], cause },
    );
  }
}

/** So much of one organization waits for its provider, or for name servers, that this request is better told to come again. */
export class ProviderBusy extends DomainError {
  constructor() {
    super(
      'UNAVAILABLE',
      'Too many requests of this organization wait for its identity provider or name server. Try again in a moment.',
      {
        headers: { 'Retry-After': '2' },
      },
    );
  }
}

/** Why a provider's answer proves nothing. */
export class ProviderAnswerRefused extends DomainError {
  constructor(why: string, cause?: unknown) {
    super('FORBIDDEN', `The sign-in was refused: ${why} Begin again.`, {
      details: [{ path: 'provider', code: 'refused', message: 'did not prove who you are' }],
      cause,
    });
  }
}

/** The state is unknown, or was used, or is of another organization, or its time is over: all are answered alike. */
export class SignInUnknown extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This sign-in is unknown, was finished already, or took too long. Begin again.', {
      details: [{ path: 'state', code: 'refused', message: 'is unknown, used or expired' }],
    });
  }
}

/** The token or the code of a sign-in is wrong, or its time is over. */
export class CompletionRefused extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'The sign-in token or the code is wrong, or took too long. Begin again.');
  }
}

/** As `CompletionRefused`, for somebody who is signed in and links an identity; also for the token of another session. */
export class LinkProofRefused extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'The sign-in token or the code is wrong, took too long, or is not of this session. Begin again.',
      { details: [{ path: 'code', code: 'refused', message: 'proves nothing with this token' }] },
    );
  }
}

/** The provider has not sent the browser back yet. */
export class SignInPending extends DomainError {
  constructor() {
    super('CONFLICT', 'The provider has not sent the browser back yet. Sign in there, then try again.', {
      details: [{ path: 'signInToken', code: 'pending', message: 'waits for the provider' }],
    });
  }
}

const refusals = {
  email_unverified:
    'the provider does not vouch for your e-mail address, so no account can be made. Ask whoever manages the organization.',
  domain_unproven:
    'the organization has not proven its domain yet, so no account can be made. Ask whoever manages the organization.',
  other_domain:
    'your e-mail address is of another domain than that of the organization, so no account can be made.',
  link_needed:
    'there is an account with your e-mail address. Sign in to it with its password, in this organization, and link the provider with POST /auth/single-sign-on/link.',
  role_unavailable:
    'the role of new members cannot be given at present, so no account can be made. Ask whoever manages the organization to save the single sign-on again.',
  configuration_changed: 'the single sign-on of the organization was changed meanwhile.',
  not_a_member: 'you are no member of the organization.',
  address_not_allowed: 'the organization takes no sessions from the address that you come from.',
} as const;

/** Why somebody whom the provider knows does not come in. */
export type RefusalCode = keyof typeof refusals;

/** The provider knows who it is, and they do not come in. Told only to whoever has signed in there. */
export class ProviderSignInRefused extends DomainError {
  constructor(readonly reason: RefusalCode) {
    super('FORBIDDEN', `You cannot sign in: ${refusals[reason]}`, {
      details: [{ path: 'provider', code: reason, message: reason.replaceAll('_', ' ') }],
    });
  }
}

/** What the provider calls by this name is linked to another account. */
export class IdentityTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'This identity is linked to an account already. Unlink it there first.', {
      details: [{ path: 'code', code: 'duplicate', message: 'stands for a linked identity' }],
    });
  }
}
