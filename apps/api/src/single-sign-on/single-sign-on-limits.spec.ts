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

  it('hold up one organization alone when its provider does not answer', async () => {
    const limits = new SingleSignOnLimits(Counters.inProcess());
    for (let talk = 0; talk < 4 + 32; talk += 1) void limits.converse('slow', never);
    await expect(limits.converse('slow', never)).rejects.toThrow(ProviderBusy);
    expect(await limits.converse('other', () => Promise.resolve('talked'))).toBe('talked');
    // Its domain is another matter.
    expect(await limits.lookUp('slow', () => Promise.resolve('found'))).toBe('found');
  });

  it('let one question about the domain of an organization be asked at a time', async () => {
    const limits = new SingleSignOnLimits(Counters.inProcess());
    let asked = 0;
    const ask = (): Promise<never> => {
      asked += 1;
      return never();
    };
    for (let question = 0; question < 1 + 4; question += 1) void limits.lookUp('slow', ask);
    await expect(limits.lookUp('slow', ask)).rejects.toThrow(ProviderBusy);
    expect(asked).toBe(1);
    expect(await limits.lookUp('other', () => Promise.resolve('found'))).toBe('found');
  });
});
