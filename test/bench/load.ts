/**
 * The load generator: a process of its own, so that it shares no event loop with what it measures. Takes a `Load` as
 * JSON in its first argument and writes a `Measurement` as JSON to standard output. SIGTERM ends the load before its time.
 */
import { randomBytes } from 'node:crypto';
import autocannon from 'autocannon';

/** What to send, for how long, and what must come back. */
export interface Load {
  url: string;
  paths: string[];
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** `newSecret` sends a secret of a new name each time, `newAddress` another X-Forwarded-For. */
  variety?: 'newSecret' | 'newAddress';
  connections: number;
  seconds: number;
  expectedStatus: number;
}

/** What a run of load came to: requests a second, and milliseconds. */
export interface Measurement {
  rps: number;
  p50Ms: number;
  p99Ms: number;
}

/** Each address may fail 120 times a minute; so many make room for more failures than a run can have. */
const addresses = 2_000;

async function run(load: Load): Promise<Measurement> {
  const latencies: number[] = [];
  const unexpected = new Map<number, number>();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const { url, connections, seconds } = load;
    const options = { url, connections, duration: seconds, requests: requestsOf(load) };
    const running = autocannon(options, (error: Error | null, ended) =>
      error ? reject(error) : resolve(ended),
    );
    running.on('response', (_client, status, _bytes, milliseconds) => {
      latencies.push(milliseconds);
      if (status !== load.expectedStatus) unexpected.set(status, (unexpected.get(status) ?? 0) + 1);
    });
    process.once('SIGTERM', () => running.stop());
  });
  if (result.errors > 0) throw new Error(`${result.errors} requests failed`);
  if (unexpected.size > 0) throw new Error(`unexpected answers: ${JSON.stringify([...unexpected])}`);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return { rps: latencies.length / result.duration, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

function requestsOf({ paths, method, headers, variety }: Load): autocannon.Request[] {
  if (variety === 'newSecret')
    return paths.map((path) => ({ path, method, headers, setupRequest: withNewSecret }));
  if (variety === undefined) return paths.map((path) => ({ path, method, headers }));
  const [a = 0, b = 0] = randomBytes(2);
  return Array.from({ length: addresses }, (_, i) => ({
    path: paths[0],
    method,
    headers: { ...headers, 'x-forwarded-for': `10.${a}.${(b + (i >> 8)) & 255}.${i & 255}` },
  }));
}

let made = 0;
const runName = randomBytes(4).toString('hex');

function withNewSecret(request: autocannon.Request): autocannon.Request {
  made += 1;
  const body = {
    key: `KEY_${runName}_${made}`,
    value: 'postgres://app:7f3d9c5e1b@db.example.com:5432/app',
    type: 'credential',
  };
  return { ...request, body: JSON.stringify(body) };
}

process.stdout.write(JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as Load)));
