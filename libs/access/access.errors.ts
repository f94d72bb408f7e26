import { DomainError } from '@credvault/http/domain-error.js';
import type { CredentialRefusal } from './actor.js';
import type { PresentedCredential } from './presented-credential.js';
import type { Scope } from './scopes.js';
import { levelFor } from './vault-levels.js';

/** How a client is told to authenticate (RFC 6750 §3, RFC 7617 §2): in the scheme that it has tried. */
function challenge(scheme: PresentedCredential['scheme'], error: string): Record<string, string> {
  const value =
    scheme === 'basic'
      ? 'Basic realm="credvault", charset="UTF-8"'
      : `Bearer realm="credvault", error="${error}"`;
  return { 'WWW-Authenticate': value };
}

/** Nobody is known: no credential was sent. */
export class CredentialMissing extends DomainError {
  /** @param usual the scheme in which the clients of the API usually send one */
  constructor(usual: 'bearer' | 'basic' = 'bearer') {
    const message =
      usual === 'basic'
        ? 'Missing API key. Send it by HTTP Basic: the key as user name, its secret as password.'
        : 'Missing API token. Send it in the header "Authorization: Bearer <token>".';
    super('UNAUTHORIZED', message, { headers: { 'WWW-Authenticate': 'Bearer realm="credvault"' } });
  }
}

/** Nobody is known: the credential is garbage, unknown or revoked, or a session or personal token that is not usable. */
export class CredentialInvalid extends DomainError {
  constructor(scheme: PresentedCredential['scheme'] = 'bearer') {
    super('UNAUTHORIZED', 'Invalid or expired API token.', { headers: challenge(scheme, 'invalid_token') });
  }
}

/** The header `Authorization` is there but is neither `Bearer <token>` nor `Basic <id:token in base64>`. */
export class CredentialMalformed extends DomainError {
  constructor(scheme: PresentedCredential['scheme'] = 'bearer') {
    super(
      'UNAUTHORIZED',
      'The header Authorization must be "Bearer <token>" or "Basic <base64 of id:token>".',
      {
        headers: challenge(scheme, 'invalid_request'),
      },
    );
  }
}

/** What the API-keys document says to a key that is known and does not work now. */
const keyRefusals: Record<Exclude<CredentialRefusal, 'address not allowed'>, string> = {
  'credential expired': 'API key has expired',
  'credential paused': 'API key is paused',
  'secret rotated': 'API key has been rotated: use its new secret',
  'owner inactive': 'API key has no active owner',
};

/** An API key that is known and does not work now. */
export class ApiKeyRefused extends DomainError {
  constructor(
    reason: Exclude<CredentialRefusal, 'address not allowed'>,
    scheme: PresentedCredential['scheme'],
  ) {
    super('UNAUTHORIZED', keyRefusals[reason], {
      details: [{ path: 'authorization', code: reason.replace(' ', '_'), message: keyRefusals[reason] }],
      headers: challenge(scheme, 'invalid_token'),
    });
  }
}

/** Whose list of addresses keeps a credential out. */
export type AddressKeeper = 'key' | 'organization';

const addressRefusals: Record<AddressKeeper, string> = {
  key: 'API key may not be used from this address',
  organization: 'The organization may not be used from this address',
};

/** The credential works, but not from where the request comes from. */
export class AddressNotAllowed extends DomainError {
  constructor(keeper: AddressKeeper) {
    super('FORBIDDEN', addressRefusals[keeper], {
      details: [
        {
          path: 'address',
          code: 'address_not_allowed',
          message: `is in none of the blocks of the ${keeper}`,
        },
      ],
    });
  }
}

/** Which of two credentials counts would be a guess. */
export class TwoCredentials extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'Two credentials came with this request. Send one.', {
      details: [
        { path: 'authorization', code: 'two_credentials', message: 'came twice, or differs from X-API-Key' },
      ],
    });
  }
}

/** The actor is known but lacks a scope. Names the scope, never the rule behind it. */
export class ScopeMissing extends DomainError {
  constructor(readonly scope: Scope) {
    super('FORBIDDEN', 'Insufficient permissions for operation', {
      details: [{ path: 'scope', code: 'missing_scope', message: scope }],
      headers: {
        'WWW-Authenticate': `Bearer realm="credvault", error="insufficient_scope", scope="${scope}"`,
      },
    });
  }
}

/** The credential is known, but of a kind that the route does not take. */
export abstract class WrongCredential extends DomainError {
  constructor(
    /** As the audit record says it. */
    readonly reason: string,
    code: string,
    message: string,
  ) {
    const [needed = ''] = code.split('_required');
    super('FORBIDDEN', message, { details: [{ path: 'authorization', code, message: needed }] });
  }
}

/** The route takes sessions only, and the actor came with a token. */
export class SessionRequired extends WrongCredential {
  constructor() {
    super(
      'session required',
      'session_required',
      'This operation takes a session. Sign in and use the access token.',
    );
  }
}

/** The route speaks of the API key in use, and the actor came with something else. */
export class ApiKeyRequired extends WrongCredential {
  constructor() {
    super(
      'API key required',
      'api_key_required',
      'This operation speaks of the API key it is called with. Use one.',
    );
  }
}

/** The route speaks of a person, and the actor is an API key, which stands for a program. */
export class PersonRequired extends WrongCredential {
  constructor() {
    super(
      'person required',
      'person_required',
      'This operation takes a session or a personal token. What an API key is, GET /api-keys/self says.',
    );
  }
}

/** The route is for administrators of this installation. */
export class AdministratorRequired extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This operation is for administrators of this installation.', {
      details: [{ path: 'authorization', code: 'administrator_required', message: 'administrator' }],
    });
  }
}

/** The route speaks of the account as a whole, and the actor came by the identity provider of one organization. */
export class OwnSignInRequired extends DomainError {
  constructor() {
    super(
      'FORBIDDEN',
      'This operation concerns your account as a whole. Sign in with your password: a sign-in by the provider of an organization counts there only.',
      { details: [{ path: 'authorization', code: 'own_sign_in_required', message: 'own sign-in' }] },
    );
  }
}

/** The vault is granted to the actor, but not for this. Names the level that would do. */
export class GrantTooLow extends DomainError {
  constructor(scope: Scope) {
    super('FORBIDDEN', 'Insufficient permissions for operation', {
      details: [{ path: 'vault', code: 'grant_too_low', message: levelFor(scope) ?? 'none' }],
    });
  }
}

/** A key that is narrowed to some vaults cannot do what concerns all of them. */
export class OutsideVaults extends DomainError {
  constructor() {
    super('FORBIDDEN', 'Insufficient permissions for operation', {
      details: [
        { path: 'vaultIds', code: 'outside_vaults', message: 'the key is limited to certain vaults' },
      ],
    });
  }
}

/** The session is good, but too long ago somebody proved who it stands for. */
export class StepUpRequired extends DomainError {
  constructor() {
    super(
      'STEP_UP_REQUIRED',
      'Prove again who you are with POST /auth/step-up, then repeat the request within five minutes.',
      {
        details: [
          { path: 'authorization', code: 'STEP_UP_REQUIRED', message: 'needs POST /auth/step-up first' },
        ],
      },
    );
  }
}

/** The organization takes people with a second factor only, and this one has none. Programs, which have none, are not meant. */
export class MfaRequired extends DomainError {
  constructor() {
    super(
      'MFA_REQUIRED',
      'The organization asks for a second factor. Enrol an authenticator app with POST /auth/mfa/totp, then repeat the request.',
      {
        details: [
          {
            path: 'authorization',
            code: 'MFA_REQUIRED',
            message: 'needs a second factor: POST /auth/mfa/totp',
          },
        ],
      },
    );
  }
}
