import { DomainError } from '@credvault/http/domain-error.js';
import { ResourceNotFound } from '@credvault/http/id-param.js';

export class SecretNotFound extends ResourceNotFound {
  constructor() {
    super('secret');
  }
}

export class SecretVersionNotFound extends DomainError {
  constructor() {
    super(
      'NOT_FOUND',
      'There is no such version of this secret. Old versions go when the vault keeps no more of them.',
    );
  }
}

/** A secret of this name is in the vault already. */
export class SecretKeyTaken extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'A secret with this key exists in the vault already. Change it with PATCH, or choose another key.',
      {
        details: [{ path: 'key', code: 'duplicate', message: 'is taken' }],
      },
    );
  }
}

/** The name of a secret that shall be restored was given to another one meanwhile. */
export class RestoredKeyTaken extends DomainError {
  constructor() {
    super(
      'CONFLICT',
      'Another secret of the vault has this key by now. Restore it under another one: {"key": "…"}.',
      {
        details: [{ path: 'key', code: 'duplicate', message: 'is taken' }],
      },
    );
  }
}

/** An import met names that are taken, and was told to fail then. */
export class ImportConflict extends DomainError {
  constructor(keys: string[]) {
    super(
      'CONFLICT',
      `${keys.length} of the keys exist in the vault already, and nothing was imported. Use onConflict "skip" or "overwrite".`,
      { details: keys.slice(0, 100).map((path) => ({ path, code: 'duplicate', message: 'is taken' })) },
    );
  }
}

/** More secrets than one export may hold. */
export class ExportTooLarge extends DomainError {
  constructor(limit: number) {
    super(
      'CONFLICT',
      `The vault holds more than ${limit} secrets, the most one export may have. Use the list, page by page.`,
    );
  }
}

/** dotenv has no way to write these values. */
export class ExportInexpressible extends DomainError {
  constructor(keys: string[]) {
    super('CONFLICT', 'The dotenv format cannot express these secrets. Export as json or yaml instead.', {
      details: keys
        .slice(0, 100)
        .map((path) => ({ path, code: 'inexpressible', message: 'cannot be written in dotenv' })),
    });
  }
}
