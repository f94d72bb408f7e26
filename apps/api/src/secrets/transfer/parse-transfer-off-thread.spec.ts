import { type CompiledThread, compileThread } from './fixtures/compiled-thread.js';
import { parseTransferOffThread, type ThreadLimits } from './parse-transfer-off-thread.js';
import { TransferError } from './transfer-error.js';

const LARGE = Array.from({ length: 500 }, (_, n) => `k${n}: "${'x'.repeat(100)}"\n`).join('');
/** Millions of scalars in one nested value: no other check than the bounds of the thread can stop it early. */
const COSTLY = `{"a": [${'0,'.repeat(4_000_000)}0]}`;

describe('parsing in a thread', () => {
  let thread: CompiledThread;
  let limits: ThreadLimits;

  beforeAll(() => {
    thread = compileThread();
    limits = { timeoutMs: 10_000, heapMb: 256, workerFile: thread.file };
  });
  afterAll(() => thread.remove());

  it('gives the entries of large content', async () => {
    const entries = await parseTransferOffThread('yaml', LARGE, limits);
    expect(entries).toHaveLength(500);
    expect(entries[499]).toEqual({ key: 'k499', value: 'x'.repeat(100) });
  });

  it('gives the findings of large content', async () => {
    const refused = parseTransferOffThread('yaml', `${LARGE}k1: again\nn: null\n`, limits);
    await expect(refused).rejects.toBeInstanceOf(TransferError);
    await expect(refused).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: [
        { path: 'k1', code: 'DUPLICATE_KEY' },
        { path: 'n', code: 'NULL_VALUE' },
      ],
    });
  });

  it('refuses what takes too long', async () => {
    const refused = parseTransferOffThread('json', COSTLY, { ...limits, timeoutMs: 1 });
    await expect(refused).rejects.toMatchObject({ code: 'BAD_REQUEST', details: [{ code: 'TOO_COSTLY' }] });
  });

  it('refuses what takes too much memory', async () => {
    const refused = parseTransferOffThread('yaml', '[ '.repeat(150_000), { ...limits, heapMb: 16 });
    await expect(refused).rejects.toMatchObject({ code: 'BAD_REQUEST', details: [{ code: 'TOO_COSTLY' }] });
  });

  it('leaves the event loop free', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await expect(parseTransferOffThread('yaml', '[ '.repeat(1_000_000), limits)).rejects.toBeInstanceOf(
      TransferError,
    );
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(10);
  });

  it('turns away more than can wait', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, () => parseTransferOffThread('yaml', LARGE, limits)),
    );
    const turnedAway = all.filter((one) => one.status === 'rejected');
    expect(turnedAway).toHaveLength(2);
    expect(turnedAway[0]?.reason).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('parses small content without a thread', async () => {
    const noThread = { ...limits, workerFile: new URL('file:///nowhere.js') };
    expect(await parseTransferOffThread('dotenv', 'A=1', noThread)).toEqual([{ key: 'A', value: '1' }]);
    await expect(parseTransferOffThread('yaml', LARGE, noThread)).rejects.toThrow('nowhere');
  });

  it('parses sources, which have no compiled thread, in place', async () => {
    expect(await parseTransferOffThread('yaml', LARGE)).toHaveLength(500);
  });
});
