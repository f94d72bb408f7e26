/** SQLSTATE of a broken unique constraint (PostgreSQL documentation, Appendix A). */
const uniqueViolation = '23505';

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
