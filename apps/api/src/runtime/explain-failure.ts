import { inspect } from 'node:util';
import { DomainError } from '@credvault/http/domain-error.js';

/** Failures whose message was written for the operator. */
const explained = new Set([
  'SettingsError',
  'DatabaseUrlError',
  'DataFolderTaken',
  'EmbeddedPostgresError',
  'RootKeyError',
  'RootKeyFileMissing',
  'CommandError',
]);

/** What a failed start tells the operator: the message alone where it explains itself, otherwise the whole error. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const isPlain = explained.has(error.name) || error.name === 'Error' || error instanceof DomainError;
  const known = databaseFailure(error);
  if (known !== undefined) return known;
  return isPlain ? error.message : (error.stack ?? error.message);
}

/** The usual reasons why a database of `DATABASE_URL` cannot be reached, by the codes of Node and PostgreSQL. */
function databaseFailure(error: Error): string | undefined {
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'the host name is unknown',
    ETIMEDOUT: 'the host does not answer',
    '28P01': 'the user name or the password is wrong',
    '28000': 'the server does not let this user in from here',
    '3D000': 'the database does not exist; create it first',
  };
  const { code } = error as { code?: string };
  const reason = code === undefined ? undefined : reasons[code];
  return reason && `The database cannot be opened: ${reason}. Check DATABASE_URL. (${error.message})`;
}
