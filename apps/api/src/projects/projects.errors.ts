import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

/** The project does not exist, or is none of the actor's business: both are answered alike. */
export class ProjectNotFound extends ResourceNotFound {
  constructor() {
    super('project');
  }
}

export class EnvironmentNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such environment of the project.');
  }
}

/** The project is granted to the actor, but not as to a manager. */
export class ProjectGrantTooLow extends DomainError {
  constructor() {
    super('FORBIDDEN', 'Insufficient permissions for operation', {
      details: [{ path: 'project', code: 'grant_too_low', message: 'manager' }],
    });
  }
}

/** Vaults belong to the project that shall be deleted; how many, the actor need not know. */
export class ProjectHasVaults extends DomainError {
  constructor() {
    super('CONFLICT', 'Vaults belong to the project. Take them out or delete them first.', {
      details: [{ path: 'projectId', code: 'has_vaults', message: 'vaults belong to it' }],
    });
  }
}

export class EnvironmentHasVault extends DomainError {
  constructor() {
    super('CONFLICT', 'The environment has a vault. Take it out or delete it first.', {
      details: [{ path: 'environmentName', code: 'has_vault', message: 'it has a vault' }],
    });
  }
}

/** Another environment of the project has the name already. */
export class EnvironmentNameTaken extends DomainError {
  constructor() {
    super('CONFLICT', 'The project has an environment with this name already. Choose another name.', {
      details: [{ path: 'name', code: 'taken', message: 'is the name of another environment' }],
    });
  }
}

/** A field `projectId` that names no project of the actor's. */
export class UnknownProject extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'projectId names no project of yours.', {
      details: [{ path: 'projectId', code: 'unknown_project', message: 'names no project of yours' }],
    });
  }
}

/** A field `environment` that names no environment of the project. */
export class UnknownEnvironment extends DomainError {
  constructor() {
    super('BAD_REQUEST', 'environment names no environment of the project.', {
      details: [
        {
          path: 'environment',
          code: 'unknown_environment',
          message: 'names no environment of the project',
        },
      ],
    });
  }
}
