import type { ContractRecord } from '../support/contract/recorder.js';

interface CoveredDocument {
  paths: Record<string, Record<string, { operationId: string; tags?: string[]; responses: object }>>;
}

export function coverageOf(
  document: CoveredDocument,
  records: ContractRecord[],
  prefix?: string,
): { documented: number; missing: string[]; violations: string[] };
