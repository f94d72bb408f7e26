import type pg from 'pg';
import { TypeID } from 'typeid-js';
import type { Findings } from './findings.ts';
import type { AcknowledgedChange, ReceivedReveal } from './ledger.ts';

/** Rows that must not exist, as text that says what is wrong. */
const halfWrites = `
  SELECT 'secret ' || s.id || ' has versions ' || coalesce(v.list, 'none') || ' and says ' || s.current_version AS problem
  FROM secrets s LEFT JOIN LATERAL (
    SELECT string_agg(version::text, ',' ORDER BY version) AS list, count(*) AS number, min(version) AS least, max(version) AS most
    FROM secret_versions WHERE organization_id = s.organization_id AND vault_id = s.vault_id AND secret_id = s.id) v ON true
  WHERE v.most IS DISTINCT FROM s.current_version OR v.number <> v.most - v.least + 1
    OR v.least <> greatest(1, s.current_version - 99)
  UNION ALL
  SELECT 'version ' || v.version || ' belongs to no secret: ' || v.secret_id
  FROM secret_versions v LEFT JOIN secrets s ON s.organization_id = v.organization_id AND s.vault_id = v.vault_id
    AND s.id = v.secret_id WHERE s.id IS NULL
  UNION ALL
  SELECT 'vault ' || v.id || ' counts ' || v.secret_count || ' and has ' || count(s.id)
  FROM vaults v LEFT JOIN secrets s ON s.organization_id = v.organization_id AND s.vault_id = v.id
  GROUP BY v.organization_id, v.id HAVING v.secret_count <> count(s.id)
  UNION ALL
  SELECT 'organization ' || o.id || ' counts ' || o.vault_count || ' vaults and has ' || count(v.id)
  FROM organizations o LEFT JOIN vaults v ON v.organization_id = o.id GROUP BY o.id HAVING o.vault_count <> count(v.id)`;

/** Secrets and the records of their changes, each of which must have the other. */
const unrecorded = `
  WITH records AS (
    SELECT resource_id AS id, count(*) FILTER (WHERE type = 'secret.created') AS created,
      count(*) FILTER (WHERE type = 'secret.updated') AS updated, count(*) FILTER (WHERE type = 'secret.deleted') AS deleted,
      max((details ->> 'version')::int) FILTER (WHERE type IN ('secret.created', 'secret.updated')) AS version
    FROM audit_events WHERE resource_type = 'secret' AND outcome = 'success'
      AND type IN ('secret.created', 'secret.updated', 'secret.deleted') GROUP BY resource_id)
  SELECT 'secret ' || coalesce(s.id, r.id) || CASE WHEN s.id IS NULL THEN ' is gone' ELSE ' is there, revision ' || s.revision
      || ', version ' || s.current_version END
    || '; records: created ' || coalesce(r.created, 0) || ', updated ' || coalesce(r.updated, 0) || ', deleted '
    || coalesce(r.deleted, 0) || ', version ' || coalesce(r.version, 0) AS problem
  FROM secrets s FULL JOIN records r ON r.id = s.id
  WHERE r.created IS DISTINCT FROM 1 OR r.deleted <> CASE WHEN s.id IS NULL THEN 1 ELSE 0 END
    OR (s.id IS NOT NULL AND (r.updated <> s.revision - 1 OR r.version <> s.current_version))`;

const recordsOfRequests = `SELECT request_id AS "requestId", type, array_remove(resource_ids || resource_id, NULL)::text[] AS ids
  FROM audit_events WHERE request_id = ANY($1) AND outcome = 'success'`;

interface RequestRecord {
  requestId: string;
  type: string;
  ids: string[];
}

/** Looks into the database past the service: does everything in it fit together, and is everything recorded? */
export async function inspectDatabase(
  client: pg.Client,
  changes: AcknowledgedChange[],
  reveals: ReceivedReveal[],
  findings: Findings,
): Promise<void> {
  findings.half.push(...(await problems(client, halfWrites)));
  findings.unrecorded.push(...(await problems(client, unrecorded)));
  const requestIds = [...changes, ...reveals].map(({ requestId }) => requestId);
  const { rows } = await client.query<RequestRecord>(recordsOfRequests, [requestIds]);
  const records = Map.groupBy(rows, ({ requestId }) => requestId);
  const isRecorded = (requestId: string, type: string, id: string): boolean => {
    const uuid = TypeID.fromString(id).toUUID();
    return records.get(requestId)?.some((row) => row.type === type && row.ids.includes(uuid)) ?? false;
  };
  for (const { requestId, type, secretId } of changes) {
    if (!isRecorded(requestId, type, secretId))
      findings.unrecorded.push(`${type} of ${secretId} by ${requestId} has no record`);
  }
  for (const { requestId, secretIds } of reveals) {
    const missing = secretIds.filter((id) => !isRecorded(requestId, 'secret.revealed', id));
    if (missing.length > 0)
      findings.secretlyRevealed.push(`${requestId} gave away ${missing.join(', ')} without a record`);
  }
}

async function problems(client: pg.Client, sql: string): Promise<string[]> {
  return (await client.query<{ problem: string }>(sql)).rows.map(({ problem }) => problem);
}
