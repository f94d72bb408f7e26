import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, must } from './checks.ts';
import { ApiClient, type ApiKey, firstAccount, makeApiKey, makeVault } from './service/api-client.ts';
import { BuiltService, freePort } from './service/built-service.ts';
import { startNeighbour } from './service/neighbour.ts';
import { type ListeningFate, PostgresProxy } from './service/postgres-proxy.ts';
import { connectTo } from './service/postmaster.ts';

/** A paused key may work for at most this long while the channel is cut (SECURITY, Revocation), in milliseconds. */
const longest = 1_000;
/** How long the paused key is tried after that, and the outage goes on, in milliseconds. */
const triedFor = 3_000;
/** Between two requests, in milliseconds. */
const pace = 10;
const patience = 20_000;

/** The service without distrust of a channel that is cut. */
const withDeafTrust = path.join(import.meta.dirname, 'serve-with-deaf-trust.mjs');
/** Name of the second service, also to PostgreSQL. */
const there = 'there';
/** The statement that looks an API key up. */
const lookup = 'select_api_key_principal';

/** What the second service answered while its channel was cut, when the paused key had had its time. */
interface Outage {
  requests: number;
  /** Requests in which the paused key was accepted. */
  accepted: number;
  /** Answers that were neither that, nor a refusal of the paused key, nor success with another one. */
  strangeAnswers: number[];
  lookups: number;
}

/** Two services on one database, and a proxy between it and the second one. */
class TwoServices {
  readonly proxy: PostgresProxy;
  readonly #here: BuiltService;
  readonly #there: BuiltService;
  readonly #owner: ApiClient;
  readonly #path: string;

  private constructor(
    here: BuiltService,
    second: BuiltService,
    proxy: PostgresProxy,
    owner: ApiClient,
    vault: string,
  ) {
    this.#here = here;
    this.#there = second;
    this.proxy = proxy;
    this.#owner = owner;
    this.#path = `/vaults/${vault}`;
  }

  /** @param program what the second service is, when not the built one */
  static async start(dataDir: string, program?: string): Promise<TwoServices> {
    const here = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
    const owner = await firstAccount(here.url);
    const vault = await makeVault(owner, 'Seen with keys');
    const proxy = await PostgresProxy.open(dataDir);
    const databaseUrl = proxy.databaseUrl(there);
    const second = await startNeighbour(here, { name: there, databaseUrl, program });
    return new TwoServices(here, second, proxy, owner, vault);
  }

  async stop(): Promise<void> {
    await this.#there.stop();
    this.proxy.close();
    await this.#here.stop();
  }

  makeKey(name: string): Promise<ApiKey> {
    return makeApiKey(this.#owner, name);
  }

  /** Pauses a key at the first service. */
  async pause({ id }: ApiKey): Promise<void> {
    await this.#owner.call('POST', `/api-keys/${id}/pause`);
  }

  /** The status of a GET with this key at the second service. */
  async ask({ key }: ApiKey): Promise<number> {
    return (await new ApiClient(this.#there.url, key).send('GET', this.#path)).status;
  }

  /** Ends the listening connection of the second service, from the server's side. */
  async endListening(): Promise<void> {
    const database = await connectTo(this.#here.dataDir);
    const { rowCount } = await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = $1 AND query ILIKE '%credvault_invalidation%'`,
      [there],
    );
    await database.end();
    must(rowCount === 1, `${rowCount} connections were listening`);
  }

  /** How often keys were looked up in the database for so many requests with one. */
  async lookupsFor(key: ApiKey, requests: number): Promise<number> {
    const before = this.lookups;
    for (let i = 0; i < requests; i += 1)
      must((await this.ask(key)) === 200, 'a key in good order was refused');
    return this.lookups - before;
  }

  get lookups(): number {
    return this.proxy.statements.get(lookup) ?? 0;
  }

  /**
   * Waits until the second service listens and trusts its cache: a request with a known key asks nothing. Caches that
   * trust a cut channel would do so earlier, and forget the key when the channel is back.
   */
  async untilTrusting(key: ApiKey): Promise<void> {
    for (const deadline = Date.now() + patience; !this.proxy.isListening; await sleep(50))
      must(Date.now() < deadline, 'it never listened');
    for (const deadline = Date.now() + patience; (await this.lookupsFor(key, 3)) > 0; await sleep(50))
      must(Date.now() < deadline, 'it never trusted its cache');
  }
}

/** The listening connection of a service is cut, or hangs half open: what is paused elsewhere must be refused all the same. */
export async function checkChannel(checks: Checks, folder: string): Promise<void> {
  const services = await TwoServices.start(path.join(folder, 'channel'));
  await checks.run('a known key costs no database access while the channel is up', async () => {
    const key = await services.makeKey('Known');
    await services.untilTrusting(key);
    const lookups = await services.lookupsFor(key, 50);
    must(lookups === 0, `it was looked up ${lookups} times in 50 requests`);
  });
  for (const [fate, what] of fates) {
    await checks.run(
      `${what}: a paused key is refused after 1 s at the latest, others are served, and it heals`,
      () => surviveOutage(services, fate),
    );
  }
  await services.stop();
}

const fates: [fate: ListeningFate, what: string][] = [
  ['refused', 'the listening connection is cut and none can be made'],
  ['silent', 'the listening connection hangs half open'],
];

/** Caches that trust a cut channel must be seen to accept a paused key, or the checks above cannot see one. */
export async function checkChannelControl(checks: Checks, folder: string): Promise<void> {
  const services = await TwoServices.start(path.join(folder, 'channel-control'), withDeafTrust);
  for (const [fate, what] of fates) {
    const { accepted, requests } = await outage(services, fate);
    checks.report(
      `negative control: with caches that trust whatever the channel says, and ${what}, a paused key is seen to be accepted (in ${accepted} of ${requests} requests)`,
      accepted > 0 ? [] : ['none was seen, so this suite would not see one'],
    );
  }
  await services.stop();
}

async function surviveOutage(services: TwoServices, fate: ListeningFate): Promise<void> {
  const { requests, accepted, strangeAnswers, lookups } = await outage(services, fate);
  must(accepted === 0, `the paused key was accepted in ${accepted} of ${requests} requests`);
  must(strangeAnswers.length === 0, `strange answers: ${strangeAnswers.slice(0, 10).join(', ')}`);
  must(lookups >= requests, `only ${lookups} of ${requests} requests asked the database`);
  await services.untilTrusting(await services.makeKey(`After: ${fate}`));
}

/** Cuts the channel of the second service, pauses a key at the first, and uses it at the second after its time. */
async function outage(services: TwoServices, fate: ListeningFate): Promise<Outage> {
  const [paused, other] = [
    await services.makeKey(`Paused: ${fate}`),
    await services.makeKey(`Used: ${fate}`),
  ];
  await services.untilTrusting(paused);
  await services.untilTrusting(other);
  const { proxy } = services;
  const hindered = proxy.hindered;
  proxy.treatListening(fate);
  if (fate === 'refused') await services.endListening();
  await services.pause(paused);
  await sleep(longest);
  const found: Outage = { requests: 0, accepted: 0, strangeAnswers: [], lookups: services.lookups };
  for (const end = performance.now() + triedFor; performance.now() < end; await sleep(pace)) {
    const [ofPaused, ofOther] = [await services.ask(paused), await services.ask(other)];
    found.requests += 2;
    if (ofPaused === 200) found.accepted += 1;
    // 429: refused, and told to wait after several hundred refusals in a minute.
    else if (ofPaused !== 401 && ofPaused !== 429) found.strangeAnswers.push(ofPaused);
    if (ofOther !== 200) found.strangeAnswers.push(ofOther);
  }
  found.lookups = services.lookups - found.lookups;
  must(proxy.hindered > hindered, 'nothing was cut');
  proxy.treatListening('forwarded');
  return found;
}
