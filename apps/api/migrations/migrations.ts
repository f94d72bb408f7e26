import { Foundation1763700000000 } from './1763700000000-foundation.js';
import { ApiKeys1763900000000 } from './1763900000000-api-keys.js';
import { Organizations1764000000000 } from './1764000000000-organizations.js';
import { MailLinks1764100000000 } from './1764100000000-mail-links.js';
import { Mfa1764200000000 } from './1764200000000-mfa.js';

/** Every migration, oldest first. They only go forward, and each runs while the version before it still serves. */
export const migrations = [
  Foundation1763700000000,
  ApiKeys1763900000000,
  Organizations1764000000000,
  MailLinks1764100000000,
  Mfa1764200000000,
];
