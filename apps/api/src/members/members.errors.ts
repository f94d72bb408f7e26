import { DomainError } from '@credvault/http/domain-error.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { OwnedKey } from './member-keys.js';

/** Most keys that a refusal names; it tells how many there are. */
const mostKeysNamed = 100;

/** Nobody with this id belongs to the organization: the same for unknown, foreign and malformed ids. */
export class MemberNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such member.');
  }
}

/** An organization without an owner could never have one again. */
export class LastOwner extends DomainError {
  constructor() {
    super('CONFLICT', 'This is the last owner of the organization. Make somebody else an owner first.', {
      details: [{ path: 'role', code: 'last_owner', message: 'is that of the last owner' }],
    });
  }
}

/** Whoever has every scope is no owner yet: somebody who answers for the organization makes another one who does. */
export class OwnerNeeded extends DomainError {
  constructor() {
    super('FORBIDDEN', 'Only an owner makes an owner, with a session or a personal token.', {
      details: [{ path: 'role', code: 'owner_needed', message: 'is given by an owner in person' }],
    });
  }
}

/** What a service account is and has is changed where service accounts are. */
export class IsServiceAccount extends DomainError {
  constructor(userId: string) {
    const path = `/service-accounts/${publicId('serviceAccount', userId)}`;
    super('CONFLICT', `This member is a service account. Change or delete it at ${path}.`, {
      details: [{ path: 'memberId', code: 'service_account', message: path }],
    });
  }
}

/** A member who is to be removed owns API keys, and nothing was said about what becomes of them. */
export class MemberOwnsKeys extends DomainError {
  /** @param mayNameThem whether whoever asks may see the keys; otherwise they only learn how many there are */
  constructor(keys: readonly OwnedKey[], mayNameThem: boolean) {
    const named = mayNameThem ? keys.slice(0, mostKeysNamed) : [];
    super(
      'CONFLICT',
      `This member owns ${keys.length} API ${keys.length === 1 ? 'key' : 'keys'}. Repeat the request with keys=revoke to end them, or with keys=transfer&to=<service account> to keep them working.`,
      {
        details: [
          { path: 'keys', code: 'owns_keys', message: String(keys.length) },
          ...named.map(({ id, name, hint }) => ({
            path: publicId('apiKey', id),
            code: 'owned_key',
            message: `${name} (${hint})`,
          })),
        ],
      },
    );
  }
}

/** The query of a removal contradicts itself, or names no service account of the organization. */
export class TransferRefused extends DomainError {
  constructor(problem: string) {
    super('BAD_REQUEST', `Invalid request body or parameters: to ${problem}.`, {
      details: [{ path: 'to', code: 'refused', message: `to ${problem}` }],
    });
  }
}
