import { IsIn } from 'class-validator';
import { allScopes, scopeCatalogue, type Scope, type ScopeGroup } from '@credvault/access/scopes.js';

const groups = ['Read', 'Write', 'Execute', 'Admin'] as const satisfies ScopeGroup[];

/** A thing that a key may be allowed to do. */
export class ScopeDto {
  /**
   * Name of the scope.
   * @example "secret:read"
   */
  @IsIn(allScopes)
  name!: Scope;

  /**
   * Group it belongs to.
   * @example "Read"
   */
  @IsIn(groups)
  group!: ScopeGroup;

  /**
   * What it allows.
   * @example "Reveal the values and notes of secrets."
   */
  description!: string;

  /**
   * Scopes that whoever has this one has as well.
   * @example ["secret:list"]
   */
  @IsIn(allScopes, { each: true })
  implies!: Scope[];
}

/** The catalogue, in its order. */
export const scopeDtos: ScopeDto[] = allScopes.map((name) => {
  const entry: { group: ScopeGroup; description: string; implies?: readonly string[] } = scopeCatalogue[name];
  const { group, description, implies = [] } = entry;
  return { name, group, description, implies: implies as Scope[] };
});
