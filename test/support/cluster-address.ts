/** Where the PostgreSQL of this test run is, and where its suites write what they saw. */
export interface ClusterAddress {
  /** Folder of the unix socket. */
  host: string;
  port: number;
  user: string;
  password: string;
  /** Folder for the records of the contract check. */
  records: string;
}

/** The migrated database that each suite gets a copy of. */
export const templateDatabase = 'credvault_template';

/** The root key of every test database, so that copies of the template open with it: the SHA-256 of "credvault tests". */
export const testRootKey = '1qUx7/6hIiYoTJUM4vWmWQ5QceKhGDfiDQZXcSirec0=';

/** What a service takes as its DATABASE_URL for one database of the cluster. */
export function databaseUrlOf({ host, port, user, password }: ClusterAddress, database: string): string {
  const folder = encodeURIComponent(host);
  return `postgres://${user}:${encodeURIComponent(password)}@/${database}?host=${folder}&port=${port}`;
}
