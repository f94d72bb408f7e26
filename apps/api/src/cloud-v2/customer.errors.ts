import { DomainError } from '@credvault/http/domain-error.js';

export class CustomerNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'Nobody has said yet who pays for this organization. Say it with PUT.');
  }
}

/** A kind of number without the number. */
export class TaxIdMissing extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'Invalid request body or parameters: tax_id must be given with tax_id_type.', {
      details: [{ path: 'tax_id', code: 'required', message: 'tax_id must be given with tax_id_type' }],
    });
  }
}
