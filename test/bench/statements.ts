import path from 'node:path';
import {
  type ApiClient,
  firstAccount,
  makeApiKey,
  makeColleague,
  makeVault,
} from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { startNeighbour } from '../fault/service/neighbour.ts';
import { PostgresProxy } from '../fault/service/postgres-proxy.ts';
import { Asker } from './asker.ts';
import { measureLoad } from './run-load.ts';

export const statements = 'statements of a warm GET';
const requests = 2_000;
const connections = 50;
const seconds = 3;
/** The invalidation channel speaks to itself four times a second, whatever is asked. */
const echo = 'credvault_invalidation';
/** What runs less often than once in so many requests belongs to the service, not to the requests. */
const leastShare = 1 / 200;

/** How many statements the database executes for one GET of a vault with a known API key. */
export interface StatementCount {
  name: string;
  perRequest: number;
  /** Each statement by name, the most frequent first. */
  shares: [name: string, perRequest: number][];
}

/** Counts them at a proxy in front of the database: for one request after another, and for many at once. */
export async function countStatements(folder: string): Promise<StatementCount[]> {
  const dataDir = path.join(folder, 'statements');
  const first = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
  const proxy = await PostgresProxy.open(dataDir);
  const service = await startNeighbour(first, { name: 'proxied', databaseUrl: proxy.databaseUrl('proxied') });
  const owner = await firstAccount(first.url);
  const vault = `/vaults/${await makeVault(owner, 'Looked at')}`;
  const { key } = await makeApiKey(owner, 'Counted');
  const member = await memberOfTeam(first.url, owner, vault);
  const inTurn = async (token = key): Promise<number> => {
    for (let i = 0; i < requests; i += 1) await asker.time(200, 'GET', vault, token);
    return requests;
  };
  const atOnce = async (): Promise<number> => {
    const headers = { authorization: `Bearer ${key}` };
    const to = { url: service.url, paths: [`/api/v1${vault}`], method: 'GET' as const, headers };
    const { rps } = await measureLoad({ ...to, connections, seconds, expectedStatus: 200 });
    return rps * seconds;
  };
  const asker = new Asker(service.url);
  await inTurn();
  await inTurn(member);
  const counts = [
    await count(`${statements}, in turn`, proxy, inTurn),
    await count(`${statements}, granted to a team`, proxy, () => inTurn(member)),
    await count(`${statements}, ${connections} at once`, proxy, atOnce),
  ];
  asker.close();
  await service.stop();
  proxy.close();
  await first.stop();
  return counts;
}

/** The personal token of a developer who reaches the vault by a grant to their team. */
async function memberOfTeam(url: string, owner: ApiClient, vault: string): Promise<string> {
  const { userId, client } = await makeColleague(url, owner, 'developer');
  const team = await owner.call<{ data: { id: string } }>('POST', '/teams', { name: 'Readers' });
  await owner.call('POST', `/teams/${team.data.id}/members`, { memberId: userId });
  await owner.call('POST', `${vault}/grants`, { teamId: team.data.id, level: 'reader' });
  return client.token;
}

async function count(
  name: string,
  proxy: PostgresProxy,
  work: () => Promise<number>,
): Promise<StatementCount> {
  const before = new Map(proxy.statements);
  const done = await work();
  const shares = [...proxy.statements]
    .map(([statement, total]): [string, number] => [statement, (total - (before.get(statement) ?? 0)) / done])
    .filter(([statement, share]) => share >= leastShare && !statement.includes(echo))
    .sort(([, a], [, b]) => b - a);
  return { name, perRequest: shares.reduce((sum, [, share]) => sum + share, 0), shares };
}
