import { DomainError } from '@credvault/http/domain-error.js';

export class PlanNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such plan.');
  }
}

/** A request names a plan that does not exist; the message names those that do. */
export class UnknownPlan extends DomainError {
  constructor(names: string[], path: string) {
    const message = `${path} must be one of: ${names.join(', ')}`;
    super('BAD_REQUEST', `Invalid request body or parameters: ${message}.`, {
      details: [{ path, code: 'unknown_plan', message }],
    });
  }
}
