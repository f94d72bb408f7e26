import type { Resources } from './resources.ts';
import type { RevocationTimes } from './revocation.ts';
import type { StatementCount } from './statements.ts';
import type { Throughput } from './throughput.ts';
import type { SizeRatio } from './vault-size.ts';

/** One line of the table; null where a number has no meaning. */
export interface Line {
  name: string;
  rps: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
  ratioToFloor: number | null;
  /** What is compared with a target, in words. */
  measured: string;
  verdict: string;
}

/** Targets of the project: throughput relative to the floor, large vault relative to small, memory, milliseconds. */
const least = new Map([['get secret', 0.35]]);
const mostSizeRatio = 1.5;
const mostKeysRatio = 1.2;
const mostOrganizationRatio = 2;
const mostRevocationMs = 100;
const mostIdleBytes = 150 * 1_000_000;
const mostWarmStartMs = 3_000;

export function throughputLine({ name, rps, p50Ms, p99Ms, ratioToFloor }: Throughput): Line {
  const target = least.get(name);
  const verdict = target === undefined ? '' : verdictOf(ratioToFloor >= target, `at least ${target}`);
  return {
    name,
    rps,
    p50Ms,
    p99Ms,
    ratioToFloor,
    measured: `${ratioToFloor.toFixed(2)} of the floor`,
    verdict,
  };
}

export function sizeLine({ name, smallMs, largeMs, ratio, rps, p99Ms }: SizeRatio): Line {
  return {
    name: `100,000 secrets: ${name}`,
    rps,
    p50Ms: largeMs,
    p99Ms,
    ratioToFloor: null,
    measured: `${ratio.toFixed(2)} of a vault of 100 (${smallMs.toFixed(1)} ms)`,
    verdict: verdictOf(ratio < mostSizeRatio, `under ${mostSizeRatio}`),
  };
}

export function organizationLine({ name, smallMs, largeMs, ratio, rps, p99Ms }: SizeRatio): Line {
  return {
    name: `10,000 vaults, 500 teams: ${name}`,
    rps,
    p50Ms: largeMs,
    p99Ms,
    ratioToFloor: null,
    measured: `${ratio.toFixed(2)} of ten vaults (${smallMs.toFixed(2)} ms)`,
    verdict: verdictOf(ratio < mostOrganizationRatio, `under ${mostOrganizationRatio}`),
  };
}

export function manyKeysLine({ name, smallMs, largeMs, ratio, rps, p99Ms }: SizeRatio): Line {
  return {
    name: `1,000,000 API keys: ${name}`,
    rps,
    p50Ms: largeMs,
    p99Ms,
    ratioToFloor: null,
    measured: `${ratio.toFixed(2)} of a few hundred (${smallMs.toFixed(2)} ms)`,
    verdict: verdictOf(ratio < mostKeysRatio, `under ${mostKeysRatio}`),
  };
}

export function revocationLine({ name, p50Ms, p99Ms, everywhereP99Ms, answerP99Ms }: RevocationTimes): Line {
  return {
    name,
    rps: null,
    p50Ms,
    p99Ms,
    ratioToFloor: null,
    measured: `everywhere ${everywhereP99Ms.toFixed(0)} ms, an answer ${answerP99Ms.toFixed(0)} ms`,
    verdict: verdictOf(p99Ms < mostRevocationMs, `p99 under ${mostRevocationMs} ms`),
  };
}

export function statementsLine({ name, perRequest, shares }: StatementCount): Line {
  const each = shares.map(([statement, share]) => `${statement.slice(0, 40)} ${share.toFixed(2)}`);
  return {
    name,
    rps: null,
    p50Ms: null,
    p99Ms: null,
    ratioToFloor: null,
    measured: `${perRequest.toFixed(2)} (${each.join(', ')})`,
    verdict: '',
  };
}

export function resourceLines({ warmStartMs, idleBytes }: Resources): Line[] {
  const none = { rps: null, p50Ms: null, p99Ms: null, ratioToFloor: null };
  return [
    {
      ...none,
      name: 'warm start to ready',
      p50Ms: warmStartMs,
      measured: `${(warmStartMs / 1_000).toFixed(2)} s`,
      verdict: verdictOf(warmStartMs < mostWarmStartMs, 'under 3 s'),
    },
    {
      ...none,
      name: 'idle memory',
      measured: `${(idleBytes / 1_000_000).toFixed(0)} MB`,
      verdict: verdictOf(idleBytes < mostIdleBytes, 'under 150 MB'),
    },
  ];
}

/** Prints the table to standard output. */
export function showTable(lines: Line[]): void {
  const row = (cells: string[]): string =>
    cells
      .map((cell, i) => (i === 0 || i > 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  process.stdout.write(`${row(['', 'requests/s', 'p50 ms', 'p99 ms', 'measured', 'target'])}\n`);
  for (const { name, rps, p50Ms, p99Ms, measured, verdict } of lines) {
    const cells = [name, show(rps, 0), show(p50Ms, 2), show(p99Ms, 2), measured, verdict];
    process.stdout.write(`${row(cells).trimEnd()}\n`);
  }
}

const widths = [42, 10, 9, 9, 36];

function show(number: number | null, digits: number): string {
  return number === null ? '' : number.toFixed(digits);
}

function verdictOf(isMet: boolean, target: string): string {
  return `${isMet ? 'met' : 'MISSED'}: ${target}`;
}
