import { TooManyAttempts } from '@credvault/rate-limit/attempt-limit.js';
import { Counters } from '@credvault/rate-limit/counters.js';
import { ProviderBusy } from './single-sign-on.errors.js';
import { SingleSignOnLimits } from './single-sign-on-limits.js';

const block = '203.0.113.9/32';
const never = (): Promise<never> => new Promise(() => undefined);

describe('SingleSignOnLimits', () => {
  it('let an office begin 300 sign-ins in a quarter of an hour, and no more', async () => {
    const limits = new SingleSignOnLimits(Counters.inProcess());
    for (let begun = 0; begun < 300; begun += 1) await limits.takeBeginning(block);
    await expect(limits.takeBeginning(block)).rejects.toThrow(TooManyAttempts);
    await limits.takeBeginning('203.0.113.10/32');
  });

  it('count answers that were no good, and those alone', async () => {
    const limits = new SingleSignOnLimits(Counters.inProcess());
    const bad = (): Promise<never> => Promise.reject(new Error('no good'));
    for (let good = 0; good < 60; good += 1) await limits.guardAnswer(block, () => Promise.resolve());
    for (let failed = 0; failed < 50; failed += 1) {
      await expect(limits.guardAnswer(block, bad)).rejects.toThrow('no good');
    }
    await expect(limits.guardAnswer(block, () => Promise.resolve())).rejects.toThrow(TooManyAttempts);
  });

  it('hold up one organization alone when its provider does not answer', async () => {
    const limits = new SingleSignOnLimits(Counters.inProcess());
    for (let talk = 0; talk < 4 + 32; talk += 1) void limits.converse('slow', never);
    await expect(limits.converse('slow', never)).rejects.toThrow(ProviderBusy);
    expect(await limits.converse('other', () => Promise.resolve('talked'))).toBe('talked');
  });
});
