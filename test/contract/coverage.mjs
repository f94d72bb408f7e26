/** Statuses that take a fault to see: each must have been seen once in every tag that documents it. */
const seenOncePerTag = ['413', '429', '500', '503'];

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/**
 * Compares what a whole test run has seen with what the document promises.
 *
 * @param {{ paths: Record<string, Record<string, { operationId: string, tags?: string[], responses: object }>> }} document
 * @param {({ operation: string, status: number } | { violation: string })[]} records written by `test/support/contract/recorder.ts`
 * @param {string} prefix what stands before the ids of this document in the records
 * @returns {{ documented: number, missing: string[], violations: string[] }} `missing` holds lines such as
 *   `createVault 409`, or `429 in the tag vaults`
 */
export function coverageOf(document, records, prefix = '') {
  const operations = Object.values(document.paths).flatMap((item) =>
    methods.flatMap((method) => item[method] ?? []),
  );
  const seen = new Set(
    records.flatMap((record) => ('violation' in record ? [] : [`${record.operation} ${record.status}`])),
  );
  const promised = operations.flatMap(({ operationId, tags = [], responses }) =>
    Object.keys(responses).map((status) => ({
      status,
      answer: `${prefix}${operationId} ${status}`,
      tag: `${prefix}${tags[0]}`,
    })),
  );
  const byOperation = promised.filter(({ status }) => !seenOncePerTag.includes(status));
  const byTag = Map.groupBy(
    promised.filter(({ status }) => seenOncePerTag.includes(status)),
    ({ status, tag }) => `${status} in the tag ${tag}`,
  );
  const missing = [
    ...byOperation.filter(({ answer }) => !seen.has(answer)).map(({ answer }) => answer),
    ...[...byTag].filter(([, group]) => !group.some(({ answer }) => seen.has(answer))).map(([line]) => line),
  ];
  const violations = records.flatMap((record) => ('violation' in record ? [record.violation] : []));
  return { documented: byOperation.length + byTag.size, missing, violations: [...new Set(violations)] };
}
