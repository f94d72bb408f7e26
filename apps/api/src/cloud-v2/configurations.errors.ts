import { DomainError } from '@credvault/http/domain-error.js';

export class ConfigurationNotFound extends DomainError {
  constructor() {
    super('NOT_FOUND', 'There is no such configuration.');
  }
}

export class TooManyConfigurations extends DomainError {
  constructor(most: number) {
    super(
      'CONFLICT',
      `There are ${most} configurations already, the most there may be. Change one of them, or take one away by the value null.`,
    );
  }
}

export class ConfigurationKeyInvalid extends DomainError {
  constructor() {
    const message =
      'key must be 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first';
    super('BAD_REQUEST', `Invalid request body or parameters: ${message}.`, {
      details: [{ path: 'key', code: 'invalid', message }],
    });
  }
}
