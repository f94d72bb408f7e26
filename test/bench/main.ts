/**
 * Measures the built service over HTTP against a floor in the same run: node test/bench/main.ts [NAME] [--only NAME]
 * [--json FILE] [--seconds N]. NAME runs the parts whose name contains it, such as `revocation`. Each case gets N seconds
 * (8), in three runs between runs of the floor. The exit code speaks of whether everything could be measured, not of how
 * fast it was: the table has the verdicts.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { makeTemporaryFolder } from '../fault/service/temporary-folder.ts';
import { apiKeyCase, measureApiKeys } from './api-keys.ts';
import { startFloor } from './floor.ts';
import { largeOrganization, measureLargeOrganization } from './large-organization.ts';
import { manyKeys, measureManyKeys } from './many-keys.ts';
import {
  type Line,
  manyKeysLine,
  organizationLine,
  resourceLines,
  revocationLine,
  showTable,
  sizeLine,
  statementsLine,
  throughputLine,
} from './report.ts';
import { measureResources } from './resources.ts';
import { measureRevocation, revocation } from './revocation.ts';
import { makeScene, type Scene } from './scene.ts';
import { countStatements, statements } from './statements.ts';
import { measureThroughput, throughputCases } from './throughput.ts';
import { measureVaultSize } from './vault-size.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
  },
});
const only = positionals[0] ?? options.only;
const seconds = Number(options.seconds);
const folder = makeTemporaryFolder('bench');

const sizes = 'vault size';
const resources = 'resources';

function isWanted(name: string): boolean {
  return name.includes(only);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** What is measured at one service with vaults of many sizes. */
async function measureVaults(): Promise<Line[]> {
  const service = await BuiltService.start({ dataDir: path.join(folder, 'data'), port: await freePort() });
  say('filling the vaults');
  const scene = await makeScene(service, isWanted(sizes));
  const lines = await measureCases(service, scene);
  if (isWanted(sizes)) {
    say('a vault of 100,000 beside one of 100');
    lines.push(...(await measureVaultSize(scene)).map(sizeLine));
  }
  await service.stop();
  if (isWanted(resources)) {
    say('warm start and idle memory');
    lines.push(...resourceLines(await measureResources(service.dataDir, scene)));
  }
  return lines;
}

async function measureCases(service: BuiltService, scene: Scene): Promise<Line[]> {
  const wanted = [...throughputCases].filter(([name]) => isWanted(name));
  if (wanted.length === 0) return [];
  const cases = new Map(wanted.map(([name, caseIn]) => [name, caseIn(scene)]));
  const floor = await startFloor(service.dataDir);
  const results = await measureThroughput(service.url, floor, cases, seconds, say);
  floor.stop();
  return results.map(throughputLine);
}

/** The parts, each by the names it goes by. Each starts services of its own. */
const parts: [names: string[], measure: () => Promise<Line[]>][] = [
  [[...throughputCases.keys(), sizes, resources], measureVaults],
  [[apiKeyCase], async () => (await measureApiKeys(folder, seconds, say)).map(throughputLine)],
  [[statements], async () => (await countStatements(folder)).map(statementsLine)],
  [[manyKeys], async () => (await measureManyKeys(folder, say)).map(manyKeysLine)],
  [[largeOrganization], async () => (await measureLargeOrganization(folder, say)).map(organizationLine)],
  [[revocation], async () => (await measureRevocation(folder, say)).map(revocationLine)],
];

const wanted = parts.filter(([names]) => names.some(isWanted));
if (wanted.length === 0)
  throw new Error(`nothing is called ${only}; there are: ${parts.flatMap(([names]) => names).join('; ')}`);
const lines: Line[] = [];
for (const [, measure] of wanted) lines.push(...(await measure()));
showTable(lines);
if (options.json !== undefined) {
  const results = lines.map(({ name, rps, p50Ms, p99Ms, ratioToFloor }) => ({
    name,
    rps,
    p50Ms,
    p99Ms,
    ratioToFloor,
  }));
  writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
}
process.exit(0);
