/**
 * Writes libs/crypto/data/common-passwords.txt anew from the password dictionary of @zxcvbn-ts/language-common.
 * Run it after that dependency was updated: node scripts/common-passwords.mjs
 *
 * The dictionary itself costs a process some 20 MB for good once it is loaded. What the check can ever ask for is
 * less: words of 12 characters and more, which could be a password here, and words of 6 and more that end in a letter,
 * which could be padded to one. That is 250 kB.
 */
import { writeFileSync } from 'node:fs';
import { dictionary } from '@zxcvbn-ts/language-common';

const SHORTEST_PASSWORD = 12;
const SHORTEST_WORD = 6;

const header = `# Common passwords, in lower case and in order, one a line. Written by scripts/common-passwords.mjs.
# From @zxcvbn-ts/language-common. Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc., (c) 2021 @zxcvbn-ts.
# MIT License, whose text is in that package.
`;

const words = dictionary['passwords-common']
  .map((word) => word.toLowerCase())
  .filter(
    (word) => word.length >= SHORTEST_PASSWORD || (word.length >= SHORTEST_WORD && /[a-z]$/.test(word)),
  );
const lines = [...new Set(words)].sort();

const file = new URL('../libs/crypto/data/common-passwords.txt', import.meta.url);
writeFileSync(file, `${header}${lines.join('\n')}\n`);
console.log(`${lines.length} words`);
