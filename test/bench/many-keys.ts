import path from 'node:path';
import { firstAccount, makeApiKey, makeVault } from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { connectTo } from '../fault/service/postmaster.ts';
import { Asker } from './asker.ts';
import { median } from './median.ts';
import { unknownToken } from './scene.ts';
import type { SizeRatio } from './vault-size.ts';

export const manyKeys = '1,000,000 API keys';
const keysInTable = 1_000_000;
/** Requests of each kind to each service; the two take turns, so that noise meets both alike. */
const requests = 400;
const warmUps = 50;
/** Keys that are used over and over. */
const knownKeys = 100;

/** A service with its own database, and keys to use. */
interface Place {
  service: BuiltService;
  asker: Asker;
  path: string;
  /** Keys that are used once each. */
  newKeys: string[];
  knownKeys: string[];
}

/** Compares the same GET where the tables of keys hold a million rows and where they hold some hundred. */
export async function measureManyKeys(
  folder: string,
  onProgress: (text: string) => void,
): Promise<SizeRatio[]> {
  const few = await makePlace(path.join(folder, 'few-keys'));
  const many = await makePlace(path.join(folder, 'many-keys'));
  onProgress(`filling ${keysInTable} API keys in`);
  await fill(many.service.dataDir);
  onProgress('a million API keys beside a few hundred');
  const ratios = [
    await compare('unknown key', few, many, askUnknown),
    await compare('first use of a key', few, many, (place, i) => askWith(place, place.newKeys[i])),
    await compare('known key', few, many, (place, i) => askWith(place, place.knownKeys[i % knownKeys])),
  ];
  for (const { service, asker } of [few, many]) {
    asker.close();
    await service.stop();
  }
  return ratios;
}

async function makePlace(dataDir: string): Promise<Place> {
  const service = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
  const client = await firstAccount(service.url);
  const vault = await makeVault(client, 'Looked at');
  const keys: string[] = [];
  for (let i = 0; i < warmUps + requests + knownKeys; i += 1)
    keys.push((await makeApiKey(client, `Used ${i}`)).key);
  return {
    service,
    asker: new Asker(service.url),
    path: `/vaults/${vault}`,
    newKeys: keys.slice(knownKeys),
    knownKeys: keys.slice(0, knownKeys),
  };
}

/** Multiplies the keys of the only organization. Their digests are as random as real ones. */
async function fill(dataDir: string): Promise<void> {
  const database = await connectTo(dataDir);
  // A million checks of the foreign key would say of each row that it was just read from there.
  await database.query(`SET session_replication_role = replica`);
  await database.query(
    `INSERT INTO api_keys (organization_id, id, user_id, created_by, name, hint, scopes, rotation_due_at)
     SELECT organization_id, uuidv7(), user_id, created_by, 'Key ' || number, hint, scopes, rotation_due_at
     FROM (SELECT * FROM api_keys LIMIT 1) AS pattern, generate_series(1, $1::int) AS number`,
    [keysInTable],
  );
  await database.query(
    `INSERT INTO api_key_secrets (digest, organization_id, api_key_id, id, hint, made_by)
     SELECT sha256(uuid_send(id)), organization_id, id, uuidv7(), hint, user_id FROM api_keys k
     WHERE NOT EXISTS (SELECT FROM api_key_secrets s
       WHERE s.organization_id = k.organization_id AND s.api_key_id = k.id)`,
  );
  // Otherwise both would begin by themselves, in the middle of the measurement.
  await database.query('VACUUM (ANALYZE) api_keys, api_key_secrets');
  await database.query('CHECKPOINT');
  await database.end();
}

type Ask = (place: Place, index: number) => Promise<number>;

function askWith({ asker, path }: Place, key = ''): Promise<number> {
  return asker.time(200, 'GET', path, key);
}

/** Each from another address: each address may fail 120 times a minute. */
function askUnknown({ asker, path }: Place, index: number): Promise<number> {
  const address = `10.0.${index >> 8}.${index & 255}`;
  return asker.time(401, 'GET', path, unknownToken('cv_', index), address);
}

async function compare(name: string, few: Place, many: Place, ask: Ask): Promise<SizeRatio> {
  const [smallTimes, largeTimes]: [number[], number[]] = [[], []];
  for (let i = 0; i < warmUps + requests; i += 1) {
    const [smallMs, largeMs] = [await ask(few, i), await ask(many, i)];
    if (i < warmUps) continue;
    smallTimes.push(smallMs);
    largeTimes.push(largeMs);
  }
  const [smallMs, largeMs] = [median(smallTimes), median(largeTimes)];
  const p99Ms = largeTimes.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? NaN;
  return { name, smallMs, largeMs, ratio: largeMs / smallMs, rps: 1_000 / largeMs, p99Ms };
}
