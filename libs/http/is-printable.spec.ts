import { isPrintable } from './is-printable.js';

describe('a name', () => {
  it.each([
    'owner',
    'Jane Q. Developer',
    "O'Brien & Söhne (Köln)",
    '名前 \u{1f512}',
    'شركة',
    // A Persian plural, a Sinhala conjunct and a Japanese variant are spelled so.
    'کتاب\u200cها',
    'ශ්\u200dරී',
    '葛\u{e0100}城',
    // Emoji of several parts: technologist with a skin tone, heart, rainbow flag.
    '\u{1f469}\u{1f3fd}\u200d\u{1f4bb}',
    '\u2764\ufe0f',
    '\u{1f3f3}\ufe0f\u200d\u{1f308}',
  ])('may be %j', (name) => {
    expect(isPrintable(name)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'owner ',
    ' owner',
    'owner\u3000',
    '\u00a0owner',
    'own\ner',
    'own\u001b[31mer',
    'own\u2028er',
    'own\u200ber',
    'own\u200cer',
    'own\u200der',
    'own\u2060er',
    'own\u00ader',
    'own\ufe0fer',
    '\u202eowner',
    '\u2066owner\u2069',
    '\ufeffowner',
    '\u200eowner',
    'کتاب\u200c',
    '\u{1f512}\u200d',
    'own\u{e0041}er',
    '\u2800',
    '\u3164',
    '\u115f',
  ])('is not %j, which hides something', (name) => {
    expect(isPrintable(name)).toBe(false);
  });
});
