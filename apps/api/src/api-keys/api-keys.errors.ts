import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class ApiKeyNotFound extends ResourceNotFound {
  constructor() {
    super('apiKey');
  }
}

/** A field whose value cannot be, although its form is right. */
export class ApiKeyFieldRefused extends DomainError {
  constructor(path: string, code: string, problem: string) {
    super('BAD_REQUEST', `${path} ${problem}.`, { details: [{ path, code, message: problem }] });
  }
}

/** The secret was shown once, to the first request; a repeated one cannot have it again. */
export class ApiKeyShownOnce extends DomainError {
  constructor(publicKeyId: string) {
    super(
      'CONFLICT',
      `This request gave the key ${publicKeyId} its secret already, and a secret is shown only once. Rotate the key, or delete it and make another.`,
      { details: [{ path: 'id', code: 'shown_once', message: publicKeyId }] },
    );
  }
}

/** Of several rotations of the same secret only one may win, or a new secret would be dead before it is read. */
export class RotatedMeanwhile extends DomainError {
  constructor() {
    super('CONFLICT', 'Another request has rotated this key a moment ago. Use its secret, or rotate again.', {
      details: [{ path: 'id', code: 'rotated_meanwhile', message: 'was rotated by another request' }],
    });
  }
}

/** Whoever made the secret knows it, and would be given more with the key. */
export class SecretOfAnother extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      "Somebody else than its owner has made this key's secret and may know it. The owner has to rotate the key before it is widened.",
      { details: [{ path: 'id', code: 'secret_of_another', message: 'must be rotated by its owner first' }] },
    );
  }
}

/** An expired key has to be told how long it lives from now on. */
export class ExpiryNeeded extends DomainError {
  constructor() {
    super('CONFLICT', 'API key has expired. Rotate it with expiresIn or expiresAt to revive it.', {
      details: [{ path: 'expiresIn', code: 'expired', message: 'is needed to revive an expired key' }],
    });
  }
}
