import type { MemberKind } from '@credvault/access/member-id.js';
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

const secretsOfOthers: Record<MemberKind, [string, string]> = {
  person: [
    "Somebody else than its owner has made this key's secret and may know it. The owner has to rotate the key before it is widened.",
    'must be rotated by its owner first',
  ],
  service: [
    "Somebody else than you has made this key's secret and may know it. Rotate the key yourself, by session or personal token, before you widen it.",
    'must be rotated by you in person first',
  ],
};

/** Whoever made the secret knows it, and would be given more with the key. */
export class SecretOfAnother extends DomainError {
  constructor(ownerKind: MemberKind) {
    const [message, remedy] = secretsOfOthers[ownerKind];
    super('CONFLICT', message, { details: [{ path: 'id', code: 'secret_of_another', message: remedy }] });
  }
}

/** Only oneself or a service account of the organization can be given a key. */
export class OwnerRefused extends ApiKeyFieldRefused {
  constructor() {
    super('ownerId', 'unknown', 'names neither you nor a service account of the organization');
  }
}

/** Keys are handed to another service account of the organization, and to nobody else. */
export class HeirRefused extends ApiKeyFieldRefused {
  constructor() {
    super('to', 'unknown', 'names no other service account of the organization');
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

/** Grants add to what a key is bound to. One that is bound to nothing reaches what its owner does, and they would say nothing. */
export class KeyHasGrants extends DomainError {
  constructor() {
    const message =
      'Something is granted to this key, so it must stay bound to vaults or projects. Take its grants back first.';
    super('CONFLICT', message, {
      details: [
        { path: 'id', code: 'has_grants', message: 'has grants, which add to its vaults and projects' },
      ],
    });
  }
}
