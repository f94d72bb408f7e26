import { connectTo } from './service/postmaster.ts';

/** The heartbeats of living processes, which every start writes anew. */
const volatileTables = new Set(['instances']);

/** Definitions of everything in the schema, and the roles with their passwords. */
const definitions = `
  SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || a.attnotnull::text
    || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS line
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'relation ' || oid::regclass || ' ' || oid || ' ' || relfilenode || relkind::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT 'function ' || proname || ' ' || md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'role ' || rolname || ' ' || md5(to_jsonb(pg_authid)::text) FROM pg_authid
  UNION ALL SELECT 'database ' || datname FROM pg_database
  UNION ALL SELECT 'setting ' || setdatabase || ' ' || setrole || ' ' || setconfig::text FROM pg_db_role_setting
  ORDER BY 1`;

/**
 * Everything that is stored, by part: each table with its rows and the transactions that wrote them (so that a row
 * written again as it was shows too), and the definitions of the schema.
 */
export async function dumpDatabase(dataDir: string): Promise<Map<string, string>> {
  const client = await connectTo(dataDir);
  const dump = new Map<string, string>();
  const lines = await client.query<{ line: string }>(definitions);
  dump.set('the schema', lines.rows.map(({ line }) => line).join('\n'));
  const tables = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
  );
  for (const { name } of tables.rows) {
    if (volatileTables.has(name)) continue;
    const { rows } = await client.query<{ row: string }>(
      `SELECT xmin || ' ' || to_jsonb(stored)::text AS row FROM ${client.escapeIdentifier(name)} AS stored ORDER BY 1`,
    );
    dump.set(`table ${name}`, rows.map(({ row }) => row).join('\n'));
  }
  await client.end();
  return dump;
}
