import { Foundation1763700000000 } from './1763700000000-foundation.js';
import { ApiKeys1763900000000 } from './1763900000000-api-keys.js';

/** Every migration, oldest first. They only go forward, and each runs while the version before it still serves. */
export const migrations = [Foundation1763700000000, ApiKeys1763900000000];
