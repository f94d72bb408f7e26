/**
 * The floor: a bare node:http server in one process that runs one named prepared SELECT by primary key for each request.
 * Takes a `FloorPlan` as JSON on standard input and writes its port, and a line end, to standard output.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';

export interface FloorPlan {
  database: pg.ClientConfig;
  /** The primary key of the row to read: organization, vault and secret, as UUIDs. */
  primaryKey: [string, string, string];
}

const statement = {
  name: 'floor',
  text: `SELECT id, key, type, current_version, created_at, updated_at FROM secrets
    WHERE organization_id = $1 AND vault_id = $2 AND id = $3`,
};

const { database, primaryKey } = JSON.parse(await text(process.stdin)) as FloorPlan;
// As many connections as the service has.
const pool = new pg.Pool({ ...database, max: 20 });

const server = createServer((_request, response) => {
  pool.query({ ...statement, values: primaryKey }).then(
    ({ rows }) => {
      const body = JSON.stringify({ data: rows[0] as unknown });
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    },
    () => response.writeHead(500).end(),
  );
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
