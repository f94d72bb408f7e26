import { Counters } from './counters.js';
import { FairUse } from './fair-use.js';

/**
 * What the modules take of this library. FairUse comes from a factory, because the constructor it inherits asks Nest for
 * the options and storage of a ThrottlerModule, which there is none of.
 */
export function rateLimitProviders(
  counters: Counters,
): (
  { provide: typeof Counters; useValue: Counters } | { provide: typeof FairUse; useFactory: () => FairUse }
)[] {
  return [
    { provide: Counters, useValue: counters },
    { provide: FairUse, useFactory: () => new FairUse(counters) },
  ];
}
