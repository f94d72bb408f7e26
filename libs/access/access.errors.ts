import { DomainError } from '@credvault/http/domain-error.js';
import type { Scope } from './scopes.js';

/** Nobody is known: no credential was sent. */
export class CredentialMissing extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'Missing API token. Send it in the header "Authorization: Bearer <token>".', {
      headers: { 'WWW-Authenticate': 'Bearer realm="credvault"' },
    });
  }
}

/** Nobody is known: the credential is garbage, unknown, expired, paused or revoked. */
export class CredentialInvalid extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'Invalid or expired API token.', {
      headers: { 'WWW-Authenticate': 'Bearer realm="credvault", error="invalid_token"' },
    });
  }
}

/** The header `Authorization` is there but is not `Bearer <token>`. */
export class CredentialMalformed extends DomainError {
  constructor() {
    super('UNAUTHORIZED', 'The header Authorization must be "Bearer <token>".', {
      headers: { 'WWW-Authenticate': 'Bearer realm="credvault", error="invalid_request"' },
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

/** The route takes sessions only, and the actor came with a token. */
export class SessionRequired extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This operation takes a session. Sign in and use the access token.', {
      details: [{ path: 'authorization', code: 'session_required', message: 'session' }],
    });
  }
}
