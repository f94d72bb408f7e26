import { readSettings, SettingsError } from './settings.js';

describe('readSettings', () => {
  it('has a sensible default for everything', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      registration: 'invite',
      corsOrigins: [],
      docs: 'public',
      logLevel: 'info',
      metricsPort: 9464,
      dataDirIsDefault: true,
    });
    expect(settings.publicUrl.href).toBe('http://127.0.0.1:3000/');
  });

  it('counts an empty variable as not set', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({
      port: 3000,
      databaseUrl: undefined,
    });
  });

  it.each([
    ['PORT', '99999'],
    ['PORT', '3000x'],
    ['HOST', 'not a host'],
    ['DATABASE_URL', 'mysql://x'],
    ['CREDVAULT_PUBLIC_URL', 'vault.example.com'],
    ['CREDVAULT_PUBLIC_URL', 'https://user:pw@vault.example.com'],
    ['CREDVAULT_SETUP_TOKEN', 'too-short'],
    ['CREDVAULT_REGISTRATION', 'everyone'],
    ['CREDVAULT_CORS_ORIGINS', 'https://a.example.com/path'],
    ['CREDVAULT_TRUSTED_PROXIES', '10.0.0.0/99'],
    ['CREDVAULT_METRICS_PORT', '-1'],
    ['CREDVAULT_DOCS', 'yes'],
    ['LOG_LEVEL', 'loud'],
  ])('refuses %s=%s and names the variable', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(SettingsError);
    expect(() => readSettings({ [name]: value })).toThrow(name);
  });

  it('names every problem at once', () => {
    expect(() => readSettings({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT[\s\S]*LOG_LEVEL/);
  });

  it('refuses two sources of the root key', () => {
    expect(() => readSettings({ CREDVAULT_ROOT_KEY: 'a', CREDVAULT_ROOT_KEY_FILE: 'b' })).toThrow(
      'use one of them',
    );
  });

  it('reads lists and keeps their order', () => {
    const origins = 'https://a.example.com, https://b.example.com';
    expect(readSettings({ CREDVAULT_CORS_ORIGINS: origins }).corsOrigins).toEqual([
      'https://a.example.com',
      'https://b.example.com',
    ]);
  });
});
