import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class RoleNotFound extends ResourceNotFound {
  constructor() {
    super('role');
  }
}

/** A field `role` that names neither a built-in role nor one of the organization. */
export class UnknownRole extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'role names no role of the organization. GET /roles lists them.', {
      details: [{ path: 'role', code: 'unknown_role', message: 'names no role of the organization' }],
    });
  }
}

/** Another role of the organization, or a built-in one, has the name already. */
export class RoleNameTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'There is a role with this name already. Choose another name.', {
      details: [{ path: 'name', code: 'taken', message: 'is the name of another role' }],
    });
  }
}

/** A role cannot be deleted from under those who have it. */
export class RoleInUse extends DomainError {
  constructor({ members, invitations }: { members: number; invitations: number }) {
    super(
      'CONFLICT',
      `The role is in use: ${counted(members, 'member')} and ${counted(invitations, 'open invitation')} have it. Give them another role first.`,
      {
        details: [
          { path: 'members', code: 'in_use', message: String(members) },
          { path: 'invitations', code: 'in_use', message: String(invitations) },
        ],
      },
    );
  }
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
