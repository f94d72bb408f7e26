import { jest } from '@jest/globals';
import { TooManyAttempts } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { FailedCredentials } from './failed-credentials.js';

const block = '203.0.113.9/32';

describe('FailedCredentials', () => {
  let counters: Counters;
  const fail = async (failures: FailedCredentials, times: number): Promise<void> => {
    for (let at = 0; at < times; at++) failures.count(block);
    await jest.advanceTimersByTimeAsync(0);
  };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    counters = Counters.inProcess();
  });
  afterEach(() => jest.useRealTimers());

  it('close a block of addresses after 120 failures, until the window ends', async () => {
    const failures = new FailedCredentials(counters);
    await fail(failures, 119);
    expect(() => failures.assertOpen(block)).not.toThrow();
    await jest.advanceTimersByTimeAsync(10_500);
    await fail(failures, 1);
    expect(() => failures.assertOpen(block)).toThrow(TooManyAttempts);
    expect(() => failures.assertOpen(block)).toThrow('Try again in 50 seconds.');
    expect(() => failures.assertOpen('203.0.113.10/32')).not.toThrow();
    await jest.advanceTimersByTimeAsync(49_500);
    expect(() => failures.assertOpen(block)).not.toThrow();
  });

  it('learn of what others counted with the first failure of their own, and ask nobody on the way in', async () => {
    const [here, there] = [new FailedCredentials(counters), new FailedCredentials(counters)];
    const look = jest.spyOn(counters.window('failed-credentials', 60), 'get');
    await fail(there, 120);
    expect(() => here.assertOpen(block)).not.toThrow();
    await fail(here, 1);
    expect(() => here.assertOpen(block)).toThrow(TooManyAttempts);
    expect(look).not.toHaveBeenCalled();
  });
});
