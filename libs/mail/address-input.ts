import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';
import { canonicalAddress, canonicalDomain } from './mail-address.js';
import { isMailAddress } from './mailbox.js';

/**
 * Reads the domain of an e-mail address in its one spelling (`canonicalAddress`), and refuses an address that no mail is sent to
 * (`isMailAddress`): a quoted part before the `@` may hold anything, lists of addresses included. Stands beside `@IsEmail()`.
 */
export function MailAddress(): PropertyDecorator {
  return (target, property) => {
    inOneSpelling(canonicalAddress)(target, property);
    registerDecorator({
      name: 'isMailAddress',
      target: target.constructor,
      propertyName: String(property),
      options: { message: '$property must be a plain address, without quotes and comments' },
      validator: { validate: (value: unknown) => typeof value === 'string' && isMailAddress(value) },
    });
  };
}

/** Reads a domain in its one spelling (`canonicalDomain`). Stands beside `@IsFQDN()`. */
export function MailDomain(): PropertyDecorator {
  return inOneSpelling(canonicalDomain);
}

function inOneSpelling(spell: (text: string) => string): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? spell(value) : value));
}
