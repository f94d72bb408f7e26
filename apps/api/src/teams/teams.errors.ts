import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class TeamNotFound extends ResourceNotFound {
  constructor() {
    super('team');
  }
}

/** Another team of the organization has the name already. */
export class TeamNameTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'There is a team with this name already. Choose another name.', {
      details: [{ path: 'name', code: 'taken', message: 'is the name of another team' }],
    });
  }
}

/** The member does not belong to the team, or to the organization at all: both are answered alike. */
export class TeamMemberNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such member of the team.');
  }
}

/** A field `memberId` that names no person and no service account of the organization. */
export class UnknownMember extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'memberId names no member of the organization.', {
      details: [{ path: 'memberId', code: 'unknown_member', message: 'names no member of the organization' }],
    });
  }
}

/** A field `memberId` that names a team: teams do not nest. */
export class TeamsDoNotNest extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'memberId names a team, and a team cannot be a member of a team.', {
      details: [{ path: 'memberId', code: 'teams_do_not_nest', message: 'names a team' }],
    });
  }
}

export class AlreadyInTeam extends DomainError {
  constructor() {
    super('CONFLICT', 'The member belongs to the team already.', {
      details: [{ path: 'memberId', code: 'already_in_team', message: 'belongs to the team already' }],
    });
  }
}
