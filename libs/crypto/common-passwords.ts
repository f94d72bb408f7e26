import { readFileSync } from 'node:fs';

/*
 * Refuses passwords that attackers try first: NIST SP 800-63B (section 3.1.1.2) asks for a comparison with commonly used
 * and context-specific passwords. Few lists hold passwords of 12 characters and more, because people make them out of
 * shorter ones, so the ways of doing that are refused as well: repeating, walking along the keyboard, padding a word.
 */

const LIST = new URL('./data/common-passwords.txt', import.meta.url);

/** Shorter words occur in good passwords too. */
const SHORTEST_WORD = 6;

/** Patterns up to this length are guessed however random they look, being repeated. */
const LONGEST_REPEATED_PATTERN = 6;

/** More padding than this, if it is no pattern itself, adds more than 33 bits to the word. */
const LONGEST_PADDING = 10;

/** A password whose runs along a row are on average this long is a walk along the keyboard. */
const AVERAGE_RUN = 4;

/** Rows and columns of the usual keyboards, and the alphabet. */
const ROWS = [
  ...['12345678901', '!@#$%^&*()', 'qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm'],
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik', '9ol'],
  'abcdefghijklmnopqrstuvwxyz',
];

/** What people write for a letter. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

/** Words that are no common password elsewhere but the first guess here. */
const WORDS_OF_THIS_SERVICE: readonly string[] = ['credvault'];

const neighbours = new Set(
  ROWS.flatMap((row) => [...pairs(row), ...pairs(Array.from(row).reverse().join(''))]),
);
let loadedList: string | undefined;

/**
 * Tells whether a password of 12 characters or more would be among the first guesses: it is on the shipped list of common
 * passwords, repeats a short pattern or a common word, walks along the keyboard or the alphabet, or is a common word with
 * digits and punctuation around it. Upper and lower case and look-alikes (`p@ssw0rd`) make no difference.
 */
export function isCommonPassword(password: string): boolean {
  const lowered = password.toLowerCase();
  const characters = Array.from(lowered);
  return isCommonWord(lowered) || isPattern(characters) || isPaddedWord(characters);
}

/**
 * Looks through the list as one text of 250 kB, some 0.1 ms each time: a set of its 30,000 words would keep 2 MB more in
 * memory for good, to save what nobody notices beside the 10 ms of hashing a password.
 */
function isCommonWord(word: string): boolean {
  loadedList ??= readFileSync(LIST, 'latin1');
  return WORDS_OF_THIS_SERVICE.includes(word) || loadedList.includes(`\n${word}\n`);
}

function isPattern(characters: readonly string[]): boolean {
  return isRepetition(characters) || isWalk(characters);
}

/** `abcabcabcabc`, also when the last time is cut short; a longer pattern only if it is a common word itself. */
function isRepetition(characters: readonly string[]): boolean {
  for (let period = 1; period <= characters.length / 2; period++) {
    if (characters.every((character, index) => character === characters[index % period])) {
      return period <= LONGEST_REPEATED_PATTERN || isCommonWord(characters.slice(0, period).join(''));
    }
  }
  return false;
}

/** `123456789012`, `qwertyuiop12`, `1qaz2wsx3edc`: few jumps between keys that are not neighbours. */
function isWalk(characters: readonly string[]): boolean {
  const jumps = characters.filter((character, index) => {
    const previous = characters[index - 1];
    return previous !== undefined && previous !== character && !neighbours.has(previous + character);
  });
  return characters.length >= AVERAGE_RUN * (jumps.length + 1);
}

/** `password1234`, `!!Princess2024`, `p@ssw0rd1234`. */
function isPaddedWord(characters: readonly string[]): boolean {
  const first = characters.findIndex(isLetter);
  const end = characters.findLastIndex(isLetter) + 1;
  if (first < 0 || end - first < SHORTEST_WORD) return false;
  const padding = [...characters.slice(0, first), ...characters.slice(end)];
  if (padding.length > LONGEST_PADDING && !isPattern(padding)) return false;
  const word = characters.slice(first, end);
  const unmasked = word.map((character) => LOOKALIKES[character] ?? character);
  return isCommonWord(word.join('')) || isCommonWord(unmasked.join(''));
}

function isLetter(character: string): boolean {
  return /\p{L}/u.test(character);
}

function pairs(row: string): string[] {
  return Array.from(row)
    .slice(1)
    .map((character, index) => row.charAt(index) + character);
}
