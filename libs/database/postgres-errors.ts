/** SQLSTATE of a broken unique constraint (PostgreSQL documentation, Appendix A). */
const uniqueViolation = '23505';
/** SQLSTATE of a row that refers to nothing (same place). */
const foreignKeyViolation = '23503';

/** SQLSTATEs of a lock that another transaction has: a deadlock, and one that was not waited for any longer (same place). */
const lockConflicts: readonly unknown[] = ['40P01', '55P03'];

interface PostgresErrorFields {
  code?: unknown;
  constraint?: unknown;
}

/** The PostgreSQL error inside whatever the driver or TypeORM threw. */
function fieldsOf(error: unknown): PostgresErrorFields {
  const fields = error as (PostgresErrorFields & { driverError?: PostgresErrorFields }) | null;
  return fields?.driverError ?? fields ?? {};
}

/** Whether a write failed because the named unique constraint or index holds the value already. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const fields = fieldsOf(error);
  return fields.code === uniqueViolation && fields.constraint === constraint;
}

/** Whether a write failed because what its row belongs to was deleted by somebody else in the meantime. */
export function isForeignKeyViolation(error: unknown): boolean {
  return fieldsOf(error).code === foreignKeyViolation;
}

/** Whether a transaction was broken off because it could not have a lock. */
export function isLockConflict(error: unknown): boolean {
  return lockConflicts.includes(fieldsOf(error).code);
}
