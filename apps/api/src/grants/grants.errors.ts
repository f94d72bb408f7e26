import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class GrantNotFound extends ResourceNotFound {
  constructor() {
    super('grant');
  }
}

/** A field `teamId` that names no team of the organization. */
export class UnknownTeam extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'teamId names no team of the organization.', {
      details: [{ path: 'teamId', code: 'unknown_team', message: 'names no team of the organization' }],
    });
  }
}

/** A field `keyId` that names no API key of the organization. */
export class UnknownKey extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'keyId names no API key of the organization.', {
      details: [{ path: 'keyId', code: 'unknown_key', message: 'names no API key of the organization' }],
    });
  }
}

/** A grant adds to what a key is bound to. One that is bound to nothing reaches what its owner does, and it would say nothing. */
export class KeyNotBound extends DomainError {
  constructor() {
    const message =
      'The key is bound to no vaults and no projects, and reaches what its owner does. Bind it first, with vaultIds or projectIds.';
    super('BAD_REQUEST', message, {
      details: [{ path: 'keyId', code: 'key_not_bound', message: 'names a key that is not bound' }],
    });
  }
}

/** The fields that say to whom something is granted. */
export type GranteePath = 'memberId' | 'teamId' | 'keyId';

/** A grant is to exactly one member, team or API key. */
export class OneGranteeNeeded extends DomainError {
  constructor(path: GranteePath) {
    super('BAD_REQUEST', 'Give exactly one of memberId, teamId and keyId.', {
      details: [
        { path, code: 'exactly_one', message: 'exactly one of memberId, teamId and keyId is needed' },
      ],
    });
  }
}

/** Two grants of one thing to the same member, team or key would contradict each other. */
export class GrantedAlready extends DomainError {
  /** @param grantId public id of the grant that there is */
  constructor(path: GranteePath, grantId: string) {
    super('CONFLICT', `It is granted to them already, by ${grantId}. Change that grant.`, {
      details: [{ path, code: 'granted_already', message: grantId }],
    });
  }
}
