import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { readSettings, SettingsError } from './settings.js';

describe('readSettings', () => {
  it('has a sensible default for everything', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      processes: 1,
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
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'http://localhost:6379'],
    ['REDIS_URL', 'redis://'],
    ['REDIS_URL', 'redis://localhost/first'],
    ['REDIS_URL', 'redis://:100%@localhost'],
    ['REDIS_URL', 'redis://localhost?db=1'],
    ['SMTP_URL', 'mail.example.com:587'],
    ['SMTP_URL', 'http://mail.example.com'],
    ['SMTP_URL', 'smtp://mail.example.com/path'],
    ['SMTP_URL', 'smtp://mail.example.com?tls=no'],
    ['SMTP_URL', 'smtp://user@mail.example.com'],
    ['SMTP_URL', 'smtp://user:100%@mail.example.com'],
    ['CREDVAULT_MAIL_FROM', 'CredVault'],
    ['CREDVAULT_MAIL_FROM', 'vault@example.com, other@example.com'],
    ['CREDVAULT_MAIL_FROM', 'Vault\r\nBcc: <spy@example.com>'],
    ['CREDVAULT_SESSION_LIMIT', '-1'],
    ['CREDVAULT_SESSION_LIMIT', '1e3'],
    ['CREDVAULT_ADDRESS_LIMIT', 'unlimited'],
    ['CREDVAULT_PUBLIC_URL', 'vault.example.com'],
    ['CREDVAULT_PUBLIC_URL', 'https://user:pw@vault.example.com'],
    ['CREDVAULT_SETUP_TOKEN', 'too-short'],
    ['CREDVAULT_REGISTRATION', 'everyone'],
    ['CREDVAULT_CORS_ORIGINS', 'https://a.example.com/path'],
    ['CREDVAULT_TRUSTED_PROXIES', '10.0.0.0/99'],
    ['CREDVAULT_METRICS_PORT', '-1'],
    ['CREDVAULT_DOCS', 'yes'],
    ['CREDVAULT_PROCESSES', '0'],
    ['CREDVAULT_PROCESSES', '65'],
    ['CREDVAULT_PROCESSES', '-2'],
    ['CREDVAULT_PROCESSES', '1.5'],
    ['CREDVAULT_PROCESSES', 'all'],
    ['LOG_LEVEL', 'loud'],
    ['CREDVAULT_DNS_SERVERS', 'ns1.example.com'],
    ['CREDVAULT_DNS_SERVERS', '192.0.2.1:0'],
    ['CREDVAULT_DNS_SERVERS', '2001:db8::1, 192.0.2.1:70000'],
  ])('refuses %s=%s and names the variable', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(SettingsError);
    expect(() => readSettings({ [name]: value })).toThrow(name);
  });

  it.each([
    'redis://localhost',
    'redis://:p%40ss@redis.internal:6380/3',
    'rediss://user:password@[2001:db8::1]:6379/',
  ])('takes REDIS_URL=%s', (url) => {
    expect(readSettings({ REDIS_URL: url }).redisUrl).toBe(url);
  });

  it('never repeats the password of a wrong REDIS_URL', () => {
    expect(() => readSettings({ REDIS_URL: 'redis://:hunter2@localhost/first' })).not.toThrow('hunter2');
  });

  it('never repeats the password of a wrong SMTP_URL', () => {
    expect(() => readSettings({ SMTP_URL: 'smtp://me:hunter2@mail/first' })).not.toThrow('hunter2');
  });

  it('takes the sender of mails, or makes one of the public URL', () => {
    const sender = (environment: Record<string, string>): object => readSettings(environment).mailFrom;
    expect(sender({ CREDVAULT_MAIL_FROM: 'The Vault <vault@example.com>' })).toEqual({
      name: 'The Vault',
      address: 'vault@example.com',
    });
    expect(sender({ CREDVAULT_MAIL_FROM: 'vault@example.com' })).toEqual({
      name: '',
      address: 'vault@example.com',
    });
    const [name, publicUrl] = ['CredVault', 'https://vault.example.com:8443'];
    expect(sender({ CREDVAULT_PUBLIC_URL: publicUrl })).toEqual({
      name,
      address: 'no-reply@vault.example.com',
    });
    expect(sender({})).toEqual({ name, address: 'no-reply@[127.0.0.1]' });
    expect(sender({ HOST: '2001:db8::1' })).toEqual({ name, address: 'no-reply@[IPv6:2001:db8::1]' });
  });

  it('takes 0 for an unlimited session', () => {
    expect(readSettings({ CREDVAULT_SESSION_LIMIT: '0' }).sessionLimit).toBe(0);
  });

  it('takes a number of processes, or as many as the machine runs at once', () => {
    expect(readSettings({ CREDVAULT_PROCESSES: '4' }).processes).toBe(4);
    expect(readSettings({ CREDVAULT_PROCESSES: '64' }).processes).toBe(64);
    expect(readSettings({ CREDVAULT_PROCESSES: 'auto' }).processes).toBe(
      Math.min(availableParallelism(), 64),
    );
  });

  it('names every problem at once', () => {
    expect(() => readSettings({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/PORT[\s\S]*LOG_LEVEL/);
  });

  it('refuses a root key that is none, beside every other problem, and does not repeat it', () => {
    const wrong = { CREDVAULT_ROOT_KEY: 'changeme', PORT: 'http' };
    expect(() => readSettings(wrong)).toThrow(/PORT is "http"[\s\S]*CREDVAULT_ROOT_KEY is not a root key/);
    expect(() => readSettings(wrong)).not.toThrow(/changeme/);
    const twoKeys = `${randomBytes(32).toString('base64')},${Buffer.alloc(32).toString('base64')}`;
    expect(() => readSettings({ CREDVAULT_ROOT_KEY: twoKeys })).toThrow(/key 2 of 2, is not random/);
  });

  it('refuses two sources of the root key', () => {
    expect(() => readSettings({ CREDVAULT_ROOT_KEY: 'a', CREDVAULT_ROOT_KEY_FILE: 'b' })).toThrow(
      'use one of them',
    );
  });

  it('takes name servers with and without a port', () => {
    const servers = ['192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:53'];
    expect(readSettings({ CREDVAULT_DNS_SERVERS: servers.join(', ') }).dnsServers).toEqual(servers);
  });

  it('reads lists and keeps their order', () => {
    const origins = 'https://a.example.com, https://b.example.com';
    expect(readSettings({ CREDVAULT_CORS_ORIGINS: origins }).corsOrigins).toEqual([
      'https://a.example.com',
      'https://b.example.com',
    ]);
  });
});
