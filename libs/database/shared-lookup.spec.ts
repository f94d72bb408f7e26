import { setImmediate as turn } from 'node:timers/promises';
import { SharedLookup } from './shared-lookup.js';

/** A database that answers when it is told to. */
class Source {
  readonly asked: number[][] = [];
  private readonly answers: ((rows: (string | undefined)[]) => void)[] = [];
  private readonly failures: ((error: Error) => void)[] = [];

  readonly find = (keys: number[]): Promise<(string | undefined)[]> => {
    this.asked.push(keys);
    return new Promise((resolve, reject) => {
      this.answers.push(resolve);
      this.failures.push(reject);
    });
  };

  answer(index: number): void {
    this.answers[index]!(this.asked[index]!.map((key) => (key === 0 ? undefined : `row ${key}`)));
  }

  fail(index: number): void {
    this.failures[index]!(new Error('down'));
  }
}

describe('SharedLookup', () => {
  it('lets look-ups that arrive together share one statement, and gives each its own row', async () => {
    const source = new Source();
    const lookup = new SharedLookup(source.find);
    const loads = Promise.all([lookup.load(1), lookup.load(0), lookup.load(2)]);
    await turn();
    expect(source.asked).toEqual([[1, 0, 2]]);
    source.answer(0);
    expect(await loads).toEqual(['row 1', undefined, 'row 2']);
  });

  it('gathers what arrives while two statements are under way', async () => {
    const source = new Source();
    const lookup = new SharedLookup(source.find);
    const loads: Promise<string | undefined>[] = [];
    for (const key of [1, 2, 3, 4, 5]) {
      loads.push(lookup.load(key));
      await turn();
      await turn();
    }
    expect(source.asked).toEqual([[1], [2]]);
    source.answer(0);
    await turn();
    await turn();
    expect(source.asked).toEqual([[1], [2], [3, 4, 5]]);
    source.answer(1);
    source.answer(2);
    expect(await Promise.all(loads)).toEqual(['row 1', 'row 2', 'row 3', 'row 4', 'row 5']);
  });

  it('tells a failure to those of its statement alone, and goes on', async () => {
    const source = new Source();
    const lookup = new SharedLookup(source.find);
    const failed = lookup.load(1);
    await turn();
    source.fail(0);
    await expect(failed).rejects.toThrow('down');
    const next = lookup.load(2);
    await turn();
    source.answer(1);
    expect(await next).toBe('row 2');
  });
});
