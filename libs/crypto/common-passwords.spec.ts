import { isCommonPassword } from './common-passwords.js';

describe('isCommonPassword', () => {
  it.each([
    ...['leavemealone', 'LeaveMeAlone', 'q1w2e3r4t5y6', 'philadelphia', '01telemike01'],
    ...[
      'aaaaaaaaaaaa',
      '............',
      'abcabcabcabc',
      'abcabcabcabca',
      'xK9!xK9!xK9!',
      'пппппппппппп',
      '🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑',
    ],
    ...['passwordpassword', 'michaelmichael', 'PrincessPrincessPri'],
    ...[
      '123456789012',
      '098765432109',
      'qwertyuiop12',
      'qwertyasdfgh',
      'abcdefghijkl',
      'zyxwvutsrqpo',
      '1qaz2wsx3edc',
      '!@#$%^&*()!@',
    ],
    ...[
      'password1234',
      'Password123!',
      'Password!!!!',
      '!!Princess2024',
      'michael-1987',
      'p@ssw0rd1234',
      'P@$$w0rd2024!',
    ],
    ...['password123456789012', 'sunshine............', 'CredVault2026', 'credvaultcredvault'],
  ])('refuses %s', (password) => {
    expect(isCommonPassword(password)).toBe(true);
  });

  it.each([
    ...[
      'correct horse battery staple',
      'mauve-tractor-19',
      'Kx7#pQ2vLm9z',
      'gT5rW8yB1nC4',
      'wren kettle fjord',
      'пароль-лесной-кот',
    ],
    ...[
      '4719 2650 3371 88',
      'sunshine over the harbour',
      'password 8137046125',
      'bookkeeper committee',
      'zwölf Boxkämpfer',
    ],
    ...['# MIT License, whose text is in that', 'leavemealonf'],
  ])('accepts %s', (password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});
