import { AttemptLimit, TooManyAttempts } from './attempt-limit.js';
import { Counters } from './counters.js';

const limitOf = (points: number): AttemptLimit =>
  new AttemptLimit(Counters.inProcess().window('attempts', 60), points, 'Too many.');

describe('AttemptLimit', () => {
  it('lets exactly its points through, then names the wait', async () => {
    const limit = limitOf(3);
    for (let round = 0; round < 3; round++) await limit.take('a');
    const refusal = await limit.take('a').catch((error: unknown) => error as TooManyAttempts);
    expect(refusal).toBeInstanceOf(TooManyAttempts);
    const wait = Number((refusal as TooManyAttempts).headers?.['Retry-After']);
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
    expect((refusal as TooManyAttempts).message).toBe(`Too many. Try again in ${wait} seconds.`);
  });

  it('counts each key by itself', async () => {
    const limit = limitOf(1);
    await limit.take('a');
    await expect(limit.take('b')).resolves.toBeUndefined();
  });

  it('counts failures without refusing them, and then closes', async () => {
    const limit = limitOf(2);
    await limit.assertOpen('a');
    expect((await limit.count('a')).count).toBe(1);
    await limit.assertOpen('a');
    expect((await limit.count('a')).count).toBe(2);
    await expect(limit.assertOpen('a')).rejects.toThrow(TooManyAttempts);
  });

  it('lets exactly its points through at once, and counts none of the others', async () => {
    const limit = limitOf(3);
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => limit.take('a')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (let round = 0; round < 3; round++) await limit.giveBack('a');
    expect((await limit.count('a')).count).toBe(1);
  });

  it('gives back what was taken, and never more', async () => {
    const limit = limitOf(1);
    await limit.take('a');
    await limit.giveBack('a');
    await limit.giveBack('a');
    await limit.giveBack('unseen');
    for (const key of ['a', 'unseen']) {
      await limit.take(key);
      await expect(limit.take(key)).rejects.toThrow(TooManyAttempts);
    }
  });

  it('opens again after a success', async () => {
    const limit = limitOf(1);
    await limit.count('a');
    await limit.forget('a');
    await expect(limit.assertOpen('a')).resolves.toBeUndefined();
  });
});
