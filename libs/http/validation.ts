import { type ArgumentMetadata, type PipeTransform, ValidationPipe } from '@nestjs/common';

import { declaredNames, inputError, type InputNoun, toDetails, unknownName } from './input-errors.js';
import { isOptionalBody } from './optional-body.js';
import { pathOf } from './text-rules.js';

/**
 * Names that Nest would silently remove from an input, or that class-validator finds on every object and so takes for
 * declared, where every other unknown name is refused.
 */
const strippedNames = ['prototype', ...Object.getOwnPropertyNames(Object.prototype)];

/**
 * The pipe for every body, query and path parameter with a class: builds the instance, checks it with
 * class-validator, and refuses unknown names, telling the known ones. Throws BAD_REQUEST with details
 * `{ path, code, message }` whose path is like `items[2].key`; a value never appears in them.
 */
export function createValidationPipe(): PipeTransform {
  return new InputPipe();
}

class InputPipe implements PipeTransform {
  private readonly fields = validationPipe('field');
  private readonly parameters = validationPipe('parameter');

  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body') {
      if (isChecked(metadata)) refuseStrippedNames(value, 'parameter', namesOf(metadata));
      return this.parameters.transform(value, metadata);
    }
    if (value === undefined && isOptionalBody(metadata.metatype)) return this.fields.transform({}, metadata);
    if (isChecked(metadata)) {
      refuseNonObject(value);
      refuseStrippedNames(value, 'field', namesOf(metadata));
    }
    return this.fields.transform(value, metadata);
  }
}

function validationPipe(noun: InputNoun): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    // The target tells which names its class allows. It ends in `toDetails` and goes into no message.
    validationError: { target: true, value: false },
    exceptionFactory: (errors) => inputError(toDetails(errors, noun)),
  });
}

const plainTypes: unknown[] = [String, Boolean, Number, Array, Object, Buffer, Date];

/** Whether Nest's pipe would check the value: it has a class that is not one of the built-in types. */
function isChecked({ metatype, type }: ArgumentMetadata): boolean {
  return type !== 'custom' && metatype !== undefined && !plainTypes.includes(metatype);
}

function refuseNonObject(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  const message =
    value === undefined
      ? 'the body is missing; send a JSON object with Content-Type: application/json'
      : 'the body must be a JSON object';
  throw inputError([{ path: '', code: 'isObject', message }]);
}

/** Looks at every level, as Nest does; the depth of a body is bounded by then. */
function refuseStrippedNames(value: unknown, noun: InputNoun, allowed: string[], path = ''): void {
  if (typeof value !== 'object' || value === null) return;
  const name = Array.isArray(value) ? undefined : strippedNames.find((one) => Object.hasOwn(value, one));
  if (name !== undefined) throw inputError([unknownName(pathOf(path, name), noun, allowed)]);
  for (const [key, item] of Object.entries(value)) {
    refuseStrippedNames(item, noun, [], pathOf(path, Array.isArray(value) ? Number(key) : key));
  }
}

/** The names a checked input may have. */
function namesOf({ metatype }: ArgumentMetadata): string[] {
  return metatype ? declaredNames(metatype.prototype as object) : [];
}
