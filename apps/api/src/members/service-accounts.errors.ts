import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class ServiceAccountNotFound extends ResourceNotFound {
  constructor() {
    super('serviceAccount');
  }
}

/** An owner answers for the organization, and a program cannot. */
export class OwnerIsAPerson extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'role cannot be owner: an owner of the organization is a person.', {
      details: [{ path: 'role', code: 'owner_is_a_person', message: 'cannot be owner' }],
    });
  }
}
