/**
 * Kills the built service and its PostgreSQL and looks whether every promise was kept: node test/fault/main.ts
 * [--rounds N] [--pg-rounds N] [--short]. Ends with one line, `fault: N passed, N failed`.
 */
import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkChannel, checkChannelControl } from './channel-checks.ts';
import { Checks } from './checks.ts';
import { checkDatabaseCrashes, checkNegativeControl, checkServiceCrashes } from './crash-checks.ts';
import { checkDataFolder } from './data-folder-checks.ts';
import { checkFirstStarts } from './first-start-checks.ts';
import { checkLimits } from './limit-checks.ts';
import { checkProcesses } from './process-checks.ts';
import { checkRootKey } from './root-key-checks.ts';
import { makeTemporaryFolder } from './service/temporary-folder.ts';
import { checkStops } from './stop-checks.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    'pg-rounds': { type: 'string' },
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(options.rounds ?? (options.short ? 4 : 20));
const databaseRounds = Number(options['pg-rounds'] ?? (options.short ? 1 : 5));
const firstStarts = options.short ? 3 : 12;

const folder = makeTemporaryFolder('fault');
const checks = new Checks();
const parts: Record<string, () => Promise<void>> = {
  service: () => checkServiceCrashes(checks, folder, rounds),
  database: () => checkDatabaseCrashes(checks, folder, databaseRounds),
  control: () => checkNegativeControl(checks, folder),
  'first-start': () => checkFirstStarts(checks, folder, firstStarts),
  'data-folder': () => checkDataFolder(checks, folder),
  'root-key': () => checkRootKey(checks, folder),
  stop: () => checkStops(checks, folder, 1),
  'stop-several': () => checkStops(checks, folder, 2),
  processes: () => checkProcesses(checks, folder),
  limits: () => checkLimits(checks, folder),
  channel: () => checkChannel(checks, folder),
  'channel-control': () => checkChannelControl(checks, folder),
};
for (const [name, part] of Object.entries(parts)) {
  if (!name.includes(options.only)) continue;
  try {
    await part();
  } catch (error) {
    checks.report(`${name}: the checks run to their end`, [
      error instanceof Error ? (error.stack ?? '') : String(error),
    ]);
  }
}
process.stdout.write(`${checks.summary()}\n`);
// What CI adds up, as the suites under Jest do.
const counts = process.env.CREDVAULT_TEST_RESULTS;
if (counts) appendFileSync(counts, `${checks.passed} ${checks.failed}\n`);
process.exit(checks.failed === 0 ? 0 : 1);
