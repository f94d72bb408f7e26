import path from 'node:path';
import { type ApiClient, firstAccount, makeColleague, makeVault } from '../fault/service/api-client.ts';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { connectTo } from '../fault/service/postmaster.ts';
import { Asker } from './asker.ts';
import { median } from './median.ts';
import type { SizeRatio } from './vault-size.ts';

export const largeOrganization = 'large organization';
/** What the large organization has; the small one has `fewVaults`, its owner and one developer. */
const size = { members: 2_000, teams: 500, vaults: 10_000 };
const fewVaults = 10;
/** Teams of the developer who asks, each with an equal part of the vaults. */
const ownTeams = 20;
/** Teams that every other member belongs to. */
const teamsOfEach = 5;
/** Requests of each kind to each service; the two take turns, so that noise meets both alike. */
const requests = 300;
const warmUps = 30;

/** A service with one organization, and who asks there. */
interface Place {
  service: BuiltService;
  asker: Asker;
  owner: string;
  developer: string;
  /** A developer to whom every vault is granted one by one. */
  insider: string;
  /** Tokens of the developer that are used once each. */
  newTokens: string[];
  /** A vault that is granted to the developer. */
  vault: string;
}

/** Compares the same requests in an organization with thousands of members, teams and vaults and in one with ten vaults. */
export async function measureLargeOrganization(
  folder: string,
  onProgress: (text: string) => void,
): Promise<SizeRatio[]> {
  const small = await makePlace(path.join(folder, 'small-organization'));
  const large = await makePlace(path.join(folder, 'large-organization'));
  onProgress(`filling ${size.members} members, ${size.teams} teams and ${size.vaults} vaults in`);
  await fill(large.service.dataDir);
  onProgress('a large organization beside one of ten vaults');
  const list = '/vaults?limit=10';
  const ratios = [
    await compare('all vaults, as owner', small, large, ({ asker, owner }) =>
      asker.time(200, 'GET', list, owner),
    ),
    await compare('my vaults, as developer', small, large, ({ asker, developer }) =>
      asker.time(200, 'GET', list, developer),
    ),
    await compare('my vaults, every one granted', small, large, ({ asker, insider }) =>
      asker.time(200, 'GET', list, insider),
    ),
    await compare('search in my vaults', small, large, ({ asker, developer }) =>
      asker.time(200, 'GET', `${list}&search=vault`, developer),
    ),
    await compare('a granted vault', small, large, ({ asker, developer, vault }) =>
      asker.time(200, 'GET', `/vaults/${vault}`, developer),
    ),
    await compare('first use of a token', small, large, ({ asker, newTokens, vault }, i) =>
      asker.time(200, 'GET', `/vaults/${vault}`, newTokens[i] ?? ''),
    ),
  ];
  for (const { service, asker } of [small, large]) {
    asker.close();
    await service.stop();
  }
  return ratios;
}

async function makePlace(dataDir: string): Promise<Place> {
  const service = await BuiltService.start({ dataDir, port: await freePort(), outputFile: `${dataDir}.log` });
  const owner = await firstAccount(service.url);
  const developer = await makeColleague(service.url, owner, 'developer');
  const insider = await makeColleague(service.url, owner, 'developer', 'insider');
  const vaults: string[] = [];
  for (let i = 0; i < fewVaults; i += 1)
    vaults.push(await grantedVault(owner, [developer.userId, insider.userId], `Vault ${i}`));
  const newTokens: string[] = [];
  for (let i = 0; i < warmUps + requests; i += 1) newTokens.push(await developer.newToken(`Used once ${i}`));
  return {
    service,
    asker: new Asker(service.url),
    owner: owner.token,
    developer: developer.client.token,
    insider: insider.client.token,
    newTokens,
    vault: vaults[0] ?? '',
  };
}

async function grantedVault(owner: ApiClient, memberIds: string[], name: string): Promise<string> {
  const vault = await makeVault(owner, name);
  for (const memberId of memberIds)
    await owner.call('POST', `/vaults/${vault}/grants`, { memberId, level: 'reader' });
  return vault;
}

/**
 * Adds members, teams and vaults to the only organization. Every team is granted an equal part of the vaults; the developer
 * belongs to some of the teams, every other member to a few; the insider is granted every vault.
 */
async function fill(dataDir: string): Promise<void> {
  const database = await connectTo(dataDir);
  const vaultsOfTeam = size.vaults / size.teams;
  await database.query(`
    CREATE TEMP TABLE place AS SELECT organization_id, min(user_id::text)::uuid AS developer, max(user_id::text)::uuid AS insider
      FROM memberships WHERE role = 'developer' GROUP BY organization_id;
    CREATE TEMP TABLE people AS SELECT uuidv7() AS id, n FROM generate_series(1, ${size.members}) n;
    CREATE TEMP TABLE groups AS SELECT uuidv7() AS id, n FROM generate_series(1, ${size.teams}) n;
    CREATE TEMP TABLE stores AS SELECT uuidv7() AS id, n FROM generate_series(1, ${size.vaults}) n;
    INSERT INTO users (id, email, name, password_hash)
      SELECT id, 'member' || n || '@example.com', 'Member ' || n, 'none' FROM people;
    INSERT INTO memberships (organization_id, user_id, role) SELECT organization_id, id, 'developer' FROM place, people;
    INSERT INTO teams (organization_id, id, name) SELECT organization_id, id, 'Team ' || n FROM place, groups;
    INSERT INTO team_members (organization_id, team_id, user_id)
      SELECT organization_id, g.id, p.id FROM place, people p
      JOIN groups g ON (g.n - p.n) % (${size.teams} / ${teamsOfEach}) = 0;
    INSERT INTO team_members (organization_id, team_id, user_id)
      SELECT organization_id, id, developer FROM place, groups WHERE n <= ${ownTeams};
    INSERT INTO vaults (organization_id, id, name, description, created_by)
      SELECT organization_id, id, 'Large vault ' || n, '', developer FROM place, stores;
    INSERT INTO grants (organization_id, id, vault_id, team_id, level, created_by)
      SELECT organization_id, uuidv7(), s.id, g.id, 1, developer FROM place, stores s
      JOIN groups g ON g.n = 1 + s.n / ${vaultsOfTeam} % ${size.teams};
    INSERT INTO grants (organization_id, id, vault_id, user_id, level, created_by)
      SELECT organization_id, uuidv7(), id, insider, 1, insider FROM place, stores;
    UPDATE organizations SET vault_count = vault_count + ${size.vaults} WHERE id = (SELECT organization_id FROM place);`);
  // Otherwise both would begin by themselves, in the middle of the measurement.
  await database.query(
    'VACUUM (ANALYZE) users, memberships, teams, team_members, vaults, grants, organizations',
  );
  await database.query('CHECKPOINT');
  await database.end();
}

async function compare(
  name: string,
  small: Place,
  large: Place,
  ask: (place: Place, index: number) => Promise<number>,
): Promise<SizeRatio> {
  const [smallTimes, largeTimes]: [number[], number[]] = [[], []];
  for (let i = 0; i < warmUps + requests; i += 1) {
    const [smallMs, largeMs] = [await ask(small, i), await ask(large, i)];
    if (i < warmUps) continue;
    smallTimes.push(smallMs);
    largeTimes.push(largeMs);
  }
  const [smallMs, largeMs] = [median(smallTimes), median(largeTimes)];
  const p99Ms = largeTimes.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? NaN;
  return { name, smallMs, largeMs, ratio: largeMs / smallMs, rps: 1_000 / largeMs, p99Ms };
}
