import { jest } from '@jest/globals';
import type { AuditRow } from './audit-record.js';
import { RefusalFold } from './refusal-fold.js';

function refusal(credential: string, route = '/vaults'): AuditRow {
  return {
    organization_id: 'organization',
    occurred_at: new Date().toISOString(),
    id: 'id',
    type: 'access.denied',
    outcome: 'denied',
    actor_type: 'user',
    credential_id: credential,
    route,
    count: 1,
    secondary: false,
  };
}

describe('RefusalFold', () => {
  const written: AuditRow[] = [];
  let fold: RefusalFold;

  beforeEach(() => {
    jest.useFakeTimers();
    written.length = 0;
    fold = new RefusalFold((row) => written.push(row));
  });

  afterEach(() => jest.useRealTimers());

  it('writes the first refusal at once and its repeats as one record', () => {
    for (let round = 0; round < 1_000; round++) fold.add(refusal('a'));
    expect(written.map(({ count }) => count)).toEqual([1]);
    jest.advanceTimersByTime(60_000);
    expect(written.map(({ count }) => count)).toEqual([1, 999]);
  });

  it('writes nothing more for a refusal that was not repeated', () => {
    fold.add(refusal('a'));
    jest.advanceTimersByTime(120_000);
    expect(written).toHaveLength(1);
  });

  it('folds requests for things that are made up, and then names none of them', () => {
    for (const resource_id of ['x', 'y', 'z'])
      fold.add({ ...refusal('a'), resource_type: 'vault', resource_id });
    fold.flush();
    expect(written.map(({ count, resource_id }) => [count, resource_id])).toEqual([
      [1, 'x'],
      [2, undefined],
    ]);
  });

  it('keeps different refusals apart', () => {
    fold.add(refusal('a'));
    fold.add(refusal('b'));
    fold.add(refusal('a', '/me'));
    expect(written).toHaveLength(3);
  });

  it('writes what it holds when the service stops', () => {
    fold.add(refusal('a'));
    fold.add(refusal('a'));
    fold.flush();
    expect(written.map(({ count }) => count)).toEqual([1, 1]);
  });
});
