import { jest } from '@jest/globals';
import { Counters } from './counters.js';

describe('Counters of one process', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] }));
  afterEach(() => jest.useRealTimers());

  it('count in a window that begins with the first count, and tell its end exactly', async () => {
    const window = Counters.inProcess().window('requests', 60);
    expect(await window.penalty('a')).toMatchObject({ consumedPoints: 1, msBeforeNext: 60_000 });
    jest.advanceTimersByTime(45_500);
    expect(await window.penalty('a')).toMatchObject({ consumedPoints: 2, msBeforeNext: 14_500 });
    jest.advanceTimersByTime(14_500);
    expect(await window.get('a')).toBeNull();
    expect(await window.penalty('a')).toMatchObject({ consumedPoints: 1, msBeforeNext: 60_000 });
  });

  it('keep windows of different names and keys apart, and give one window to one name', async () => {
    const counters = Counters.inProcess();
    await counters.window('one', 60).penalty('a');
    expect((await counters.window('two', 60).penalty('a')).consumedPoints).toBe(1);
    expect((await counters.window('one', 60).penalty('b')).consumedPoints).toBe(1);
    expect((await counters.window('one', 60).penalty('a')).consumedPoints).toBe(2);
    expect(() => counters.window('one', 30)).toThrow('60 s');
  });

  it('say that they are alone', () => {
    expect(Counters.inProcess().status()).toBe('process');
  });
});
