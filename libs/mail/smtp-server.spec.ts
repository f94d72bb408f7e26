import { isSmtpUrl, smtpOptions } from './smtp-server.js';

describe('smtpOptions', () => {
  it.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, secure: false, requireTLS: false }],
    ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, secure: true }],
    ['smtp://127.0.0.1:25', { host: '127.0.0.1', port: 25, requireTLS: false }],
    ['smtp://[2001:db8::1]:25', { host: '2001:db8::1', port: 25 }],
  ])('knows where %s is', (url, expected) => {
    expect(smtpOptions(url)).toMatchObject(expected);
  });

  it('sends a password to another machine over TLS only', () => {
    const requires = (host: string): boolean | undefined =>
      smtpOptions(`smtp://me:secret@${host}`).requireTLS;
    expect(requires('mail.example.com')).toBe(true);
    expect(requires('10.0.0.1')).toBe(true);
    expect(requires('127.0.0.1.example.com')).toBe(true);
    expect([requires('localhost'), requires('127.0.0.1'), requires('[::1]')]).toEqual([false, false, false]);
  });

  it('decodes user and password', () => {
    expect(smtpOptions('smtps://me%40example.com:p%2Fw%C3%BC@mail').auth).toEqual({
      user: 'me@example.com',
      pass: 'p/wü',
    });
  });
});

describe('isSmtpUrl', () => {
  it.each(['smtp://mail', 'smtps://me:secret@mail.example.com:465/', 'smtp://[::1]:25'])(
    'takes %s',
    (url) => {
      expect(isSmtpUrl(url)).toBe(true);
    },
  );

  it.each([
    'mail.example.com',
    'https://mail.example.com',
    'smtp://',
    'smtp://mail/path',
    'smtp://mail?secure=false',
    'smtp://mail#x',
    'smtp://me@mail',
    'smtp://:secret@mail',
    'smtp://me:100%@mail',
    'smtp://me:%FF@mail',
  ])('refuses %s', (url) => {
    expect(isSmtpUrl(url)).toBe(false);
  });
});
