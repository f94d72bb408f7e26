import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addFindings, type Findings, noFindings } from './findings.ts';
import { inspectDatabase } from './inspect-database.ts';
import { inspectVault } from './inspect-vaults.ts';
import { VaultLedger } from './ledger.ts';
import { ApiClient, firstAccount, makeVault } from './service/api-client.ts';
import { BuiltService, freePort, type ServiceOptions } from './service/built-service.ts';
import { connectTo, killPostgres } from './service/postmaster.ts';
import { Traffic } from './traffic.ts';

const writers = 8;
/** The blow falls at a random moment after so many writes were acknowledged, in milliseconds. */
const leastAcknowledged = 16;
const latestBlow = 600;
/** How long the service may take to acknowledge writes, also after its PostgreSQL was killed, in milliseconds. */
const patience = 30_000;
const acknowledgedAfterRecovery = 16;

/** What all rounds together came to. */
export interface RoundsResult {
  findings: Findings;
  acknowledged: number;
  reveals: number;
  /** Writes that were under way when the blow fell, so that either outcome is right. */
  unknownOutcomes: number;
  strangeAnswers: string[];
}

/** One service on one data folder under eight writers and eight readers, struck down again and again. */
export class CrashRounds {
  readonly #options: ServiceOptions;
  readonly #ledgers: VaultLedger[] = [];
  #service: BuiltService;
  #client: ApiClient;
  readonly result: RoundsResult = {
    findings: noFindings(),
    acknowledged: 0,
    reveals: 0,
    unknownOutcomes: 0,
    strangeAnswers: [],
  };

  private constructor(options: ServiceOptions, service: BuiltService, client: ApiClient) {
    this.#options = options;
    this.#service = service;
    this.#client = client;
  }

  /** @param program another program than the built service */
  static async open(folder: string, program?: string): Promise<CrashRounds> {
    const options = { dataDir: folder, port: await freePort(), outputFile: `${folder}.log`, program };
    const service = await BuiltService.start(options);
    const rounds = new CrashRounds(options, service, await firstAccount(service.url));
    for (let i = 0; i < writers; i += 1) {
      rounds.#ledgers.push(new VaultLedger(await makeVault(rounds.#client, `Writer ${i}`)));
    }
    return rounds;
  }

  /** kill -9 of the service; it is started again on the PostgreSQL that went on running. */
  async killService(): Promise<void> {
    const traffic = await this.#someTraffic();
    await this.#service.kill();
    await traffic.stop();
    this.#service = await BuiltService.start(this.#options);
    await this.#inspect(traffic);
  }

  /** kill -9 of PostgreSQL, all of it; the service lives, and must come back to work by itself. */
  async killDatabase(): Promise<void> {
    const traffic = await this.#someTraffic();
    killPostgres(this.#options.dataDir);
    const acknowledged = traffic.acknowledged;
    const isBack = await until(() => traffic.acknowledged >= acknowledged + acknowledgedAfterRecovery);
    if (!isBack)
      this.result.strangeAnswers.push(`no writes were acknowledged again in ${patience / 1_000} s`);
    await traffic.stop();
    if (traffic.broken > 0)
      this.result.strangeAnswers.push(`${traffic.broken} requests had no answer at all`);
    await this.#service.ready();
    await this.#inspect(traffic);
  }

  async close(): Promise<void> {
    await this.#service.stop();
  }

  async #someTraffic(): Promise<Traffic> {
    const traffic = new Traffic(this.#client, this.#ledgers);
    await until(() => traffic.acknowledged >= leastAcknowledged);
    await sleep(Math.random() * latestBlow);
    return traffic;
  }

  async #inspect(traffic: Traffic): Promise<void> {
    const { result } = this;
    const findings = noFindings();
    result.acknowledged += traffic.acknowledged;
    result.reveals += traffic.reveals.length;
    result.strangeAnswers.push(...traffic.strangeAnswers);
    for (const ledger of this.#ledgers) {
      result.unknownOutcomes += ledger.unknownOutcomes;
      await inspectVault(this.#client, ledger, findings);
    }
    const database = await connectTo(this.#options.dataDir);
    const changes = this.#ledgers.flatMap((ledger) => ledger.changes.splice(0));
    await inspectDatabase(database, changes, traffic.reveals, findings);
    await database.end();
    addFindings(result.findings, findings);
  }
}

/** The program of the negative control: the service without durable commits. */
export const withoutDurability = path.join(import.meta.dirname, 'serve-without-durability.mjs');

/** Waits until something has come about; false when that takes too long. */
async function until(hasComeAbout: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(10)) {
    if (hasComeAbout()) return true;
  }
  return false;
}
