import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The vault does not exist, or is none of the actor's business: both are answered alike. */
export class VaultNotFound extends ResourceNotFound {
  constructor() {
    super('vault');
  }
}

/** A field `environment` of a vault that is in no project, or of which the actor does not know one. */
export class EnvironmentNeedsProject extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'environment names an environment of a project, and the vault is in none.', {
      details: [{ path: 'environment', code: 'needs_project', message: 'needs a projectId' }],
    });
  }
}

/** An environment has one vault at most. */
export class EnvironmentTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'The environment has a vault already. Take that out first, or choose another one.', {
      details: [{ path: 'environment', code: 'taken', message: 'has a vault already' }],
    });
  }
}
