import { validateSync } from 'class-validator';
import { IsSecretKey } from './is-secret-key.decorator.js';
import { isSecretKey, SECRET_KEY_DESCRIPTION } from './secret-key.js';

class Named {
  @IsSecretKey()
  key: unknown;

  constructor(key: unknown) {
    this.key = key;
  }
}

describe('a secret key', () => {
  it.each([
    'A',
    'DATABASE_URL',
    'a b',
    '123',
    '__proto__',
    '? a',
    '- b',
    '<<',
    '😀'.repeat(255),
    'a\ufeffb',
    'é',
  ])('may be %j', (key) => {
    expect(isSecretKey(key)).toBe(true);
    expect(validateSync(new Named(key))).toEqual([]);
  });

  it.each([
    '',
    ' a',
    'a ',
    '\ufeffa',
    'a\u00a0',
    'a\nb',
    'a\0',
    'a\u0085b',
    'a\u2028b',
    '\ud800',
    'a'.repeat(256),
    5,
    undefined,
  ])('may not be %j', (key) => {
    expect(isSecretKey(key)).toBe(false);
    const [finding] = validateSync(new Named(key));
    expect(finding?.constraints).toEqual({ isSecretKey: `key must be ${SECRET_KEY_DESCRIPTION}` });
  });
});
