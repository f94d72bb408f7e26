import { jest } from '@jest/globals';
import { Circuit, CircuitOpen, NoAnswer } from './circuit.js';

const patienceMs = 250;
const never = (): Promise<never> => new Promise<never>(() => undefined);
const fails = (): Promise<never> => Promise.reject(new Error('down'));

describe('Circuit', () => {
  let works: boolean;
  const changes: boolean[] = [];
  const make = (): Circuit =>
    new Circuit({
      patienceMs,
      probePatienceMs: patienceMs,
      probe: () => (works ? Promise.resolve() : fails()),
      onChange: (isOpen) => changes.push(isOpen),
    });

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    works = true;
    changes.length = 0;
  });
  afterEach(() => jest.useRealTimers());

  it('asks nothing before the first probe succeeded', async () => {
    const circuit = make();
    const question = jest.fn(() => Promise.resolve('answer'));
    await expect(circuit.ask(question)).rejects.toThrow(CircuitOpen);
    expect(question).not.toHaveBeenCalled();
    expect(await circuit.start()).toBeUndefined();
    await expect(circuit.ask(question)).resolves.toBe('answer');
  });

  it('opens with the first failure, asks nothing then, and closes when a probe succeeds', async () => {
    const circuit = make();
    await circuit.start();
    works = false;
    await expect(circuit.ask(fails)).rejects.toThrow('down');
    await expect(circuit.ask(() => Promise.resolve('answer'))).rejects.toThrow(CircuitOpen);
    await jest.advanceTimersByTimeAsync(5_500);
    expect(circuit.isOpen).toBe(true);
    works = true;
    await jest.advanceTimersByTimeAsync(1_000);
    await expect(circuit.ask(() => Promise.resolve('answer'))).resolves.toBe('answer');
    expect(changes).toEqual([true, false]);
  });

  it('waits no longer than its patience, and tells once what all who waited found', async () => {
    const circuit = make();
    await circuit.start();
    const outcomes = Promise.allSettled([circuit.ask(never), circuit.ask(never), circuit.ask(never)]);
    await jest.advanceTimersByTimeAsync(patienceMs + 1);
    for (const outcome of await outcomes)
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(NoAnswer);
    expect(changes).toEqual([true]);
  });

  it('waits on for a place that is slow but answers, and not for ever', async () => {
    const circuit = make();
    await circuit.start();
    const after = (milliseconds: number): Promise<number> =>
      circuit.ask(() => new Promise((resolve) => setTimeout(() => resolve(milliseconds), milliseconds)));
    const slow = Promise.all([after(100), after(200), after(300), after(450)]);
    for (let step = 0; step < 50; step++) await jest.advanceTimersByTimeAsync(10);
    expect(await slow).toEqual([100, 200, 300, 450]);
    expect(changes).toEqual([]);
    const endless = Promise.allSettled([circuit.ask(never)]);
    for (let step = 0; step < 12; step++) {
      void after(1).catch(() => undefined);
      for (let part = 0; part < 10; part++) await jest.advanceTimersByTimeAsync(10);
    }
    expect((await endless)[0]).toMatchObject({ status: 'rejected' });
    expect(changes).toEqual([true]);
  });

  it('probes no more after its end', async () => {
    const circuit = make();
    works = false;
    expect(await circuit.start()).toMatchObject({ message: 'down' });
    await circuit.end();
    works = true;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(circuit.isOpen).toBe(true);
    expect(changes).toEqual([]);
  });
});

describe('a process that was busy itself', () => {
  it('does not blame the other side for it', async () => {
    const circuit = new Circuit({
      patienceMs: 20,
      probePatienceMs: 20,
      probe: () => Promise.resolve(),
      onChange: () => undefined,
    });
    await circuit.start();
    // The answer comes in by a file read that ends while the process is busy for longer than the circuit's patience.
    const answer = circuit.ask(() =>
      import('node:fs/promises').then(({ readFile }) => readFile(import.meta.filename)),
    );
    await new Promise(setImmediate);
    const until = Date.now() + 60;
    while (Date.now() < until);
    await expect(answer).resolves.toBeInstanceOf(Buffer);
  });
});
