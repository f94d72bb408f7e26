import { registerDecorator, type ValidationOptions } from 'class-validator';

/** What nobody sees, or what changes how the text around it is shown: controls, line separators, bidirectional marks, fillers. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * Joiners and variation selectors where they are part of a spelling, and nowhere else: within an emoji (UTS #51), in scripts whose
 * letters join (UAX #31, section 2.3), and behind a Chinese character (UTS #37).
 */
const shaping = new RegExp(
  [
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])[\ufe0e\ufe0f]`,
    String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d(?=\p{Extended_Pictographic})`,
    ...['Arabic', 'Syriac', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu']
      .concat('Kannada', 'Malayalam', 'Sinhala')
      .map((script) => String.raw`(?<=\p{Script=${script}})[\u200c\u200d](?=\p{Script=${script}})`),
    String.raw`(?<=\p{Script=Han})[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]`,
  ].join('|'),
  'gu',
);

/** Whether a text is one line that shows all it holds: so that two texts that look alike are not told apart by what is hidden. */
export function isPrintable(text: string): boolean {
  return text !== '' && text === text.trim() && !invisible.test(text.replace(shaping, ''));
}

/** A text of one line, such as a name, that shows all it holds (`isPrintable`). */
export function IsPrintable(options?: ValidationOptions): PropertyDecorator {
  const rule = 'must be one line of visible characters, without white space at its ends';
  return (target, propertyKey) => {
    registerDecorator({
      name: 'isPrintable',
      target: target.constructor,
      propertyName: String(propertyKey),
      options: { message: `$property ${rule}`, ...options },
      validator: { validate: (value: unknown) => typeof value === 'string' && isPrintable(value) },
    });
  };
}
