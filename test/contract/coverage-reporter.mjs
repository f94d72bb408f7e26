import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coverageOf } from './coverage.mjs';

const documentFolder = join(import.meta.dirname, '../../openapi');

/** What stands before the ids of each document's operations in the records (`test/support/contract/document.ts`). */
const prefixes = { 'v1.json': '', 'v2.json': 'v2.' };

/**
 * The last step of a run: fails it when an answer that the document promises was not seen by any suite, or when one was
 * seen that the document does not allow. Coverage is asked only of runs with the whole contract project in them.
 */
export default class CoverageReporter {
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
  }

  onRunComplete(contexts, results) {
    const cluster = process.env.CREDVAULT_TEST_CLUSTER;
    if (cluster === undefined || !existsSync(documentFolder)) return;
    const records = readRecords(JSON.parse(cluster).records);
    const covered = Object.entries(prefixes).map(([name, prefix]) => {
      const document = JSON.parse(readFileSync(join(documentFolder, name), 'utf8'));
      return coverageOf(document, records, prefix);
    });
    const [{ violations }] = covered;
    if (violations.length > 0) this.fail(['Answers that the OpenAPI documents do not allow:', ...violations]);
    if (!this.isWhole(contexts) || results.wasInterrupted) return;
    const documented = covered.reduce((sum, one) => sum + one.documented, 0);
    const missing = covered.flatMap((one) => one.missing);
    process.stdout.write(
      `\nContract: ${documented - missing.length} of ${documented} documented answers were seen.\n`,
    );
    if (missing.length > 0)
      this.fail(['Documented answers that no test has seen:', ...missing.map((line) => `  ${line}`)]);
  }

  getLastError() {
    return this.error;
  }

  /** Whether this run has every test of the contract project, none left out by a path, a name or a shard. */
  isWhole(contexts) {
    const { testPathPatterns, testNamePattern, onlyChanged, onlyFailures, findRelatedTests, shard } =
      this.globalConfig;
    const isNarrowed =
      testPathPatterns?.patterns?.length > 0 ||
      testNamePattern ||
      onlyChanged ||
      onlyFailures ||
      findRelatedTests ||
      shard;
    return !isNarrowed && [...contexts].some(({ config }) => config.displayName?.name === 'contract');
  }

  fail(lines) {
    process.stderr.write(`\n${lines.join('\n')}\n`);
    this.error ??= new Error(lines[0]);
  }
}

function readRecords(folder) {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return files
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line));
}
