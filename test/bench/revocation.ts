import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiKey, firstAccount, makeApiKey, makeVault } from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { startNeighbour } from '../fault/service/neighbour.ts';
import { Asker } from './asker.ts';
import { median } from './median.ts';
import { startLoad } from './run-load.ts';

export const revocation = 'revocation';
const rounds = 200;
/** Connections that ask the second service, each with its next request as soon as it has its answer. */
const askers = 2;
/** Answers in a row that show that the key is known and cached. */
const warmAnswers = 3;
/** The pause comes at a random moment, so that it keeps no step with anything; in milliseconds. */
const latestPause = 20;
/** Connections of the load on each of the services. */
const loadConnections = 10;
/** The load has come to its height after this, in milliseconds. */
const settlingMs = 1_000;

/** From the answer to the pause until the other service refuses the key for the first time, in milliseconds. */
export interface RevocationTimes {
  name: string;
  p50Ms: number;
  p99Ms: number;
  /** Until it has refused the key on every connection: requests under way at the first refusal have their answers too. */
  everywhereP99Ms: number;
  /** What an answer of the other service takes: a part of the above. */
  answerP99Ms: number;
}

/** Two separately started services on one database. */
interface Scene {
  here: Asker;
  there: Asker[];
  path: string;
  ownerToken: string;
  key: ApiKey;
}

/** What the rounds saw, in milliseconds. */
interface Rounds {
  first: number[];
  everywhere: number[];
  answers: number[];
}

/** Pauses a key at one service, again and again, and waits until the other one refuses it; idle, and with both under load. */
export async function measureRevocation(
  folder: string,
  onProgress: (text: string) => void,
): Promise<RevocationTimes[]> {
  const dataDir = path.join(folder, 'revocation');
  const here = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
  const there = await startNeighbour(here, { name: 'there' });
  const owner = await firstAccount(here.url);
  const scene: Scene = {
    here: new Asker(here.url),
    there: Array.from({ length: askers }, () => new Asker(there.url)),
    path: `/vaults/${await makeVault(owner, 'Looked at')}`,
    ownerToken: owner.token,
    key: await makeApiKey(owner, 'Paused'),
  };
  onProgress(`${rounds} revocations, idle`);
  const idle = timesOf('revocation, idle', await pauseAgainAndAgain(scene));
  onProgress(`${rounds} revocations under load`);
  const { key } = await makeApiKey(owner, 'Load');
  const underLoad = await pauseUnderLoad(scene, [here.url, there.url], key);
  for (const asker of [scene.here, ...scene.there]) asker.close();
  await there.stop();
  await here.stop();
  return [idle, underLoad];
}

/** @param key another one, which the load uses at each of the services */
async function pauseUnderLoad(scene: Scene, urls: string[], key: string): Promise<RevocationTimes> {
  const what = { paths: [`/api/v1${scene.path}`], method: 'GET' as const, expectedStatus: 200 };
  const headers = { authorization: `Bearer ${key}` };
  const loads = urls.map((url) => startLoad({ ...what, url, headers, connections: loadConnections }));
  await sleep(settlingMs);
  const rounds = await pauseAgainAndAgain(scene);
  const perSecond = (await Promise.all(loads.map((load) => load.stop()))).map(({ rps }) => rps.toFixed(0));
  return timesOf(`revocation, under ${perSecond.join(' + ')} req/s`, rounds);
}

async function pauseAgainAndAgain(scene: Scene): Promise<Rounds> {
  const seen: Rounds = { first: [], everywhere: [], answers: [] };
  for (let round = 0; round < rounds; round += 1) {
    const uses = scene.there.map(() => new Use());
    const refusals = Promise.all(uses.map((use, i) => use.untilRefused(scene, i, uses)));
    // A use that fails must end the run, not leave it waiting.
    await Promise.race([Promise.all(uses.map((use) => use.isWarm)), refusals.then(notYet)]);
    await sleep(Math.random() * latestPause);
    await scene.here.time(200, 'POST', `/api-keys/${scene.key.id}/pause`, scene.ownerToken);
    const pausedAt = performance.now();
    const waits = (await refusals).map((refusedAt) => Math.max(0, refusedAt - pausedAt));
    seen.first.push(Math.min(...waits));
    seen.everywhere.push(Math.max(...waits));
    seen.answers.push(...uses.flatMap((use) => use.answers));
    await scene.here.time(200, 'POST', `/api-keys/${scene.key.id}/resume`, scene.ownerToken);
    await accepted(scene);
  }
  return seen;
}

/** Uses the key on one connection, back to back, until it is refused. */
class Use {
  /** How long each answer took. */
  readonly answers: number[] = [];
  refusedAt = Infinity;
  readonly #warmth = Promise.withResolvers<true>();

  /** Resolves when the key is cached. */
  get isWarm(): Promise<true> {
    return this.#warmth.promise;
  }

  /** @param all the uses of this round @throws Error when a request is accepted that was sent after a refusal */
  async untilRefused({ there, path, key }: Scene, index: number, all: Use[]): Promise<number> {
    for (;;) {
      const sentAt = performance.now();
      const status = (await there[index]?.ask('GET', path, key.key)) ?? 0;
      const answeredAt = performance.now();
      this.answers.push(answeredAt - sentAt);
      // 429: refused, and told to wait after several hundred refusals in a minute.
      if (status === 401 || status === 429) return (this.refusedAt = answeredAt);
      if (status !== 200) throw new Error(`the key was answered with ${status}`);
      if (all.some(({ refusedAt }) => refusedAt < sentAt))
        throw new Error('the key was accepted after a refusal');
      if (this.answers.length === warmAnswers) this.#warmth.resolve(true);
    }
  }
}

/** Waits until the resumed key is accepted at the second service. */
async function accepted({ there, path, key }: Scene): Promise<void> {
  for (const asker of there) while ((await asker.ask('GET', path, key.key)) !== 200) await sleep(1);
}

function notYet(): never {
  throw new Error('the key was refused before it was paused');
}

function timesOf(name: string, { first, everywhere, answers }: Rounds): RevocationTimes {
  return {
    name,
    p50Ms: median(first),
    p99Ms: percentile99(first),
    everywhereP99Ms: percentile99(everywhere),
    answerP99Ms: percentile99(answers),
  };
}

function percentile99(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? NaN;
}
