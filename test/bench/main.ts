/**
 * Measures the built service over HTTP against a floor in the same run: node test/bench/main.ts [--json FILE]
 * [--seconds N] [--only NAME]. Each case gets N seconds (8), in three runs between runs of the floor. The exit code
 * speaks of whether everything could be measured, not of how fast it was: the table has the verdicts.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BuiltService, freePort } from '../fault/service/built-service.ts';
import { makeTemporaryFolder } from '../fault/service/temporary-folder.ts';
import { startFloor } from './floor.ts';
import { type Line, resourceLines, showTable, sizeLine, throughputLine } from './report.ts';
import { measureResources } from './resources.ts';
import { makeScene, type Scene } from './scene.ts';
import { measureThroughput, throughputCases } from './throughput.ts';
import { measureVaultSize } from './vault-size.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
  },
});

const sizes = 'vault size';
const resources = 'resources';

function isWanted(name: string): boolean {
  return name.includes(options.only);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measure(service: BuiltService, scene: Scene): Promise<Line[]> {
  const lines: Line[] = [];
  const cases = new Map([...throughputCases(scene)].filter(([name]) => isWanted(name)));
  if (cases.size > 0) {
    const floor = await startFloor(service.dataDir);
    const results = await measureThroughput(service.url, floor, cases, Number(options.seconds), say);
    floor.stop();
    lines.push(...results.map(throughputLine));
  }
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

const dataDir = path.join(makeTemporaryFolder('bench'), 'data');
const service = await BuiltService.start({ dataDir, port: await freePort() });
say('filling the vaults');
const scene = await makeScene(service, isWanted(sizes));
const lines = await measure(service, scene);
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
