import path from 'node:path';
import { BuiltService, freePort, type ServiceOptions } from './built-service.ts';
import { databaseAddress } from './postmaster.ts';

export interface NeighbourOptions extends Pick<ServiceOptions, 'program'> {
  /** Tells its data folder and log, which stand beside the first one's, from others. */
  name: string;
  /** Another way to the database, such as through a proxy. */
  databaseUrl?: string;
}

/** Starts a second service, separately, on the embedded database of a running one, and waits until it is ready. */
export async function startNeighbour(
  { dataDir: firstDataDir }: BuiltService,
  { name, databaseUrl = socketUrl(firstDataDir), program }: NeighbourOptions,
): Promise<BuiltService> {
  const dataDir = `${firstDataDir}-${name}`;
  return BuiltService.start({
    dataDir,
    port: await freePort(),
    outputFile: `${dataDir}.log`,
    environment: {
      DATABASE_URL: databaseUrl,
      CREDVAULT_ROOT_KEY_FILE: path.join(firstDataDir, 'root.key'),
    },
    program,
  });
}

function socketUrl(dataDir: string): string {
  const { host, port, user, password, database } = databaseAddress(dataDir);
  const credentials = `${user}:${encodeURIComponent(String(password))}`;
  return `postgres://${credentials}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`;
}
