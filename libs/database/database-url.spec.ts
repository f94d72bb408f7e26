import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.js';

describe('parseDatabaseUrl', () => {
  it('reads one host', () => {
    expect(parseDatabaseUrl('postgres://ann:s%40fe%2F@db.example:5433/vault')).toEqual({
      hosts: [{ host: 'db.example', port: 5433 }],
      user: 'ann',
      password: 's@fe/',
      database: 'vault',
      ssl: false,
      applicationName: undefined,
      connectTimeoutMillis: undefined,
    });
  });

  it.each([
    [
      'postgresql://u@h1:1,h2:2,[::1]:3/d',
      [
        ['h1', 1],
        ['h2', 2],
        ['::1', 3],
      ],
    ],
    [
      'postgres://u:p:q@h1,h2',
      [
        ['h1', 5432],
        ['h2', 5432],
      ],
    ],
    ['postgres://u@%2Frun%2Fpostgresql/d', [['/run/postgresql', 5432]]],
    ['postgres://u@/d?host=/run/postgresql&port=5433', [['/run/postgresql', 5433]]],
    [
      'postgres://u@/d?host=a,b&port=1,2',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'postgres://u@/d?host=a,b&port=7',
      [
        ['a', 7],
        ['b', 7],
      ],
    ],
  ])('reads the hosts of %s', (url, hosts) => {
    expect(parseDatabaseUrl(url).hosts.map(({ host, port }) => [host, port])).toEqual(hosts);
  });

  it('takes the database to be named like the user when the URL names none, and the password up to the last @', () => {
    expect(parseDatabaseUrl('postgres://u:a@b@h')).toMatchObject({ database: 'u', password: 'a@b' });
  });

  it('reads what concerns the connection', () => {
    const read = parseDatabaseUrl(
      'postgres://u@h/d?application_name=x%20y&connect_timeout=3&target_session_attrs=primary',
    );
    expect(read).toMatchObject({ applicationName: 'x y', connectTimeoutMillis: 3000 });
  });

  it('gives sslmode the meaning it has in libpq', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'credvault-url-'));
    const ca = path.join(folder, 'ca.pem');
    writeFileSync(ca, 'PEM');
    const ssl = (query: string) => parseDatabaseUrl(`postgres://u@h/d?${query}`).ssl;
    expect(ssl('sslmode=disable')).toBe(false);
    expect(ssl('sslmode=require')).toMatchObject({ rejectUnauthorized: false });
    expect(ssl(`sslmode=require&sslrootcert=${ca}`)).toMatchObject({ rejectUnauthorized: true, ca: 'PEM' });
    expect(ssl(`sslmode=verify-ca&sslrootcert=${ca}`)).toHaveProperty('checkServerIdentity');
    expect(ssl('sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['mysql://u:hunter2@h/d', 'must look like'],
    ['postgres://u:hunter2@h:port/d', 'port of host 1'],
    ['postgres://u:hunter2@h1,h2:70000/d', 'port of host 2'],
    ['postgres://u:hunter2@h1,,h2/d', 'host 2 is missing'],
    ['postgres://:hunter2@h/d', 'names no user'],
    ['postgres://h/d', 'names no user'],
    ['postgres://u:hunter2/x@h/d', 'percent-encoded'],
    ['postgres://u:5432/hunter2@h/d', 'percent-encoded'],
    ['postgres://u:hun?ter2@h/d', 'percent-encoded'],
    ['postgres://u:hun#ter2@h/d', 'must look like'],
    ['postgres://u:%zzhunter2@h/d', 'the password is not properly'],
    ['postgres://u@h/d?password=hunter2', 'not supported: password'],
    ['postgres://u@h/d?hun%ter2=1', 'parameter that is not supported'],
    ['postgres://u:hunter2@h/d?host=x', 'hosts twice'],
    ['postgres://u:hunter2@/d?host=a,b,c&port=1,2', 'different lengths'],
    ['postgres://u:hunter2@h/d?sslmode=prefer', 'sslmode must be one of'],
    ['postgres://u:hunter2@h/d?sslmode=verify-ca', 'needs sslrootcert'],
    ['postgres://u:hunter2@h/d?sslrootcert=/nowhere/ca.pem', 'cannot be read'],
    ['postgres://u:hunter2@h/d?target_session_attrs=standby', 'read-write or primary'],
    ['postgres://u:hunter2@h/d?connect_timeout=soon', 'whole seconds'],
  ])('refuses %s without repeating the password', (url, message) => {
    let refusal: unknown;
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(DatabaseUrlError);
    expect(String(refusal)).toContain(message);
    expect(String(refusal)).not.toMatch(/hun|ter2/);
  });
});
