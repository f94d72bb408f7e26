import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterAddress } from '../cluster.js';
import { AnswerCheck, type CheckedAnswer } from './answer-check.js';
import { apiOf, ContractDocument } from './document.js';

/** One line of the records that the whole run is judged by (`test/contract/coverage.mjs`). */
export type ContractRecord = { operation: string; status: number } | { violation: string };

/** An answer that the OpenAPI document does not allow. */
export class ContractViolation extends Error {
  override readonly name = 'ContractViolation';
}

export interface Exchange {
  method: string;
  /** From the root, as it was sent, without query. */
  path: string;
  reply: CheckedAnswer;
}

const [v1, v2] = [ContractDocument.read('v1'), ContractDocument.read('v2')];
const contracts = {
  v1: { document: v1, check: new AnswerCheck(v1) },
  v2: { document: v2, check: new AnswerCheck(v2) },
};
const recorded = new Set<string>();

/**
 * Holds an answer to the document of its API and records that it was seen.
 *
 * @throws ContractViolation; it is recorded too, so that the run fails even where a test swallows it
 */
export function checkAgainstContract(exchange: Exchange): void {
  const { document, check } = contracts[apiOf(exchange.path)];
  const outcome = judge(document, check, exchange);
  record(outcome);
  if ('violation' in outcome) throw new ContractViolation(outcome.violation);
}

/** What there is to record of an exchange. */
export function judge(
  document: ContractDocument,
  check: AnswerCheck,
  { method, path, reply }: Exchange,
): ContractRecord {
  const operation = document.match(method, path);
  if (!operation)
    return { violation: `${method} ${path} is not in the OpenAPI document (answered ${reply.status}).` };
  const problems = check.problems(operation, reply);
  if (problems.length === 0) return { operation: operation.id, status: reply.status };
  const lines = problems.map((problem) => `  - ${problem}`).join('\n');
  return {
    violation: `${operation.id} (${method} ${path}) answered ${reply.status}, but not as documented:\n${lines}\n  ${reply.text.slice(0, 500)}`,
  };
}

function record(outcome: ContractRecord): void {
  const line = JSON.stringify(outcome);
  if (recorded.has(line)) return;
  recorded.add(line);
  // Short appends of several workers to one file do not mix, but a file for each is simpler to be sure of.
  appendFileSync(join(clusterAddress().records, `${process.pid}.ndjson`), `${line}\n`);
}
