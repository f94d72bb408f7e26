import { DomainError } from '@credvault/http/domain-error.js';

export class OrganizationNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such organization.');
  }
}
