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

/** A vault is granted to exactly one member or team at a time. */
export class OneGranteeNeeded extends DomainError {
  constructor(path: 'memberId' | 'teamId') {
    super('BAD_REQUEST', 'Give exactly one of memberId and teamId.', {
      details: [{ path, code: 'exactly_one', message: 'exactly one of memberId and teamId is needed' }],
    });
  }
}

/** Two grants of one vault to the same member or team would contradict each other. */
export class GrantedAlready extends DomainError {
  /** @param grantId public id of the grant that there is */
  constructor(path: 'memberId' | 'teamId', grantId: string) {
    super('CONFLICT', `The vault is granted to them already, by ${grantId}. Change that grant.`, {
      details: [{ path, code: 'granted_already', message: grantId }],
    });
  }
}
