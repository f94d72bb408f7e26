import { registerDecorator, type ValidationOptions } from 'class-validator';

const controlCharacter = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** A text of one line that shows something: not blank, without control characters and line separators. */
export function IsPrintable(options?: ValidationOptions): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name: 'isPrintable',
      target: target.constructor,
      propertyName: String(propertyKey),
      options: { message: '$property must not be blank or hold control characters', ...options },
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && value.trim() !== '' && !controlCharacter.test(value),
      },
    });
  };
}
