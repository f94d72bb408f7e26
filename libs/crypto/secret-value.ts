import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A plaintext that must not leak by accident: a secret's value or its notes.
 *
 * Every implicit form (string, template, concatenation, JSON, `util.inspect`, `console.log`) is `[redacted]`, and
 * spreading, enumerating or structured-cloning it yields nothing. The one way to the text is `reveal()`, which is
 * therefore the word to search for when asking where plaintext goes.
 */
export class SecretValue {
  readonly #plaintext: string;

  private constructor(plaintext: string) {
    this.#plaintext = plaintext;
  }

  /** Wraps a text as it is: no trimming, no Unicode normalization. */
  static of(plaintext: string): SecretValue {
    return new SecretValue(plaintext);
  }

  /** The plaintext itself. The caller has made the audit record of this read durable first. */
  reveal(): string {
    return this.#plaintext;
  }

  /** Length of the plaintext in UTF-8 bytes. */
  get byteLength(): number {
    return Buffer.byteLength(this.#plaintext, 'utf8');
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
