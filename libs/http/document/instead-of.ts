import { ApiPropertyOptional } from '@nestjs/swagger';

/** Extension of a property's schema: the property that it stands in place of. */
export const insteadOfExtension = 'x-instead-of';

/** A property that is given in place of another one, never beside it: examples of the whole object leave it out. */
export function InsteadOf(property: string): PropertyDecorator {
  const facts: object = { [insteadOfExtension]: property };
  return ApiPropertyOptional(facts);
}
