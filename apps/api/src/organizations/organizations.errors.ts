import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The organization does not exist, or is none of the actor's business: both are answered alike. */
export class OrganizationNotFound extends ResourceNotFound {
  constructor() {
    super('organization');
  }
}

/** What only an owner may do: no scope says it, because whoever pays for an organization need not own it. */
export class OwnerRequired extends DomainError {
  constructor() {
    super('FORBIDDEN', 'This operation is for owners of the organization.', {
      details: [{ path: 'authorization', code: 'owner_required', message: 'owner' }],
    });
  }
}

/** Somebody owns as many organizations as one person may. */
export class TooManyOrganizations extends DomainError {
  constructor(most: number) {
    super('CONFLICT', `You own ${most} organizations, the most one person may. Delete one first.`);
  }
}

/** Signing in needs an organization to act in. */
export class LastOrganization extends DomainError {
  constructor() {
    super('CONFLICT', 'This is your only organization, and signing in takes one. Make another one first.');
  }
}

/** An organization that is not empty is deleted only on the word of somebody who knows what they delete. */
export class OrganizationNotEmpty extends DomainError {
  /**
   * @param left how many of each kind it still has
   * @param otherwise what can be done instead of emptying it
   */
  constructor(left: Record<string, number>, otherwise: string) {
    const details = Object.entries(left).map(([path, count]) => ({
      path,
      code: 'not_empty',
      message: String(count),
    }));
    super('CONFLICT', `The organization is not empty. Delete what is in it first, or ${otherwise}.`, {
      details,
    });
  }
}

/** `force` and `name` do not say together which organization is to be deleted with all it has. */
export class DeletionNotConfirmed extends DomainError {
  constructor(path: 'force' | 'name', message: string) {
    super('BAD_REQUEST', `Invalid request body or parameters: ${path} ${message}.`, {
      details: [{ path, code: 'not_confirmed', message: `${path} ${message}` }],
    });
  }
}

/** A list of addresses that does not hold the one it is sent from. */
export class WouldLockOut extends DomainError {
  /** @param address undefined: not known */
  constructor(address: string | undefined) {
    const message = `must hold your own address, ${address ?? 'which is not known'}`;
    super('BAD_REQUEST', `This would lock you out: allowedIps ${message}.`, {
      details: [{ path: 'allowedIps', code: 'would_lock_you_out', message }],
    });
  }
}

/** Only somebody with a second factor can ask others for one. */
export class OwnMfaMissing extends DomainError {
  constructor() {
    super(
      'BAD_REQUEST',
      'This would lock you out: your account has no second factor. Begin with POST /auth/mfa/totp.',
      {
        details: [
          { path: 'requireMfa', code: 'would_lock_you_out', message: 'needs a second factor of your own' },
        ],
      },
    );
  }
}
