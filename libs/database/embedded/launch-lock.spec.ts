import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLaunchLock } from './launch-lock.js';

describe('takeLaunchLock', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'credvault-lock-'));
    file = path.join(folder, 'lock');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one in at a time', async () => {
    let [inside, most] = [0, 0];
    const enter = async () => {
      const lock = await takeLaunchLock(file, { timeoutMs: 5_000 });
      most = Math.max(most, (inside += 1));
      await sleep(5);
      inside -= 1;
      lock.release();
    };
    await Promise.all(Array.from({ length: 8 }, enter));
    expect(most).toBe(1);
  });

  it('leaves an empty private file and nothing else', async () => {
    (await takeLaunchLock(file, { timeoutMs: 100 })).release();
    expect(readdirSync(folder)).toEqual(['lock']);
    expect(statSync(file)).toMatchObject({ size: 0, mode: 0o100600 });
  });

  it('gives up after its time, saying who holds what', async () => {
    const lock = await takeLaunchLock(file, { timeoutMs: 100 });
    await expect(takeLaunchLock(file, { timeoutMs: 50 })).rejects.toThrow(`it holds ${file}`);
    lock.release();
  });

  it('is free the moment its holder is killed', async () => {
    const script = `
      import { takeLaunchLock } from ${JSON.stringify(new URL('./launch-lock.ts', import.meta.url).href)};
      await takeLaunchLock(${JSON.stringify(file)}, { timeoutMs: 100 });
      console.log('held');
      setInterval(() => undefined, 1000);`;
    const hooks = `
      import { registerHooks } from 'node:module';
      registerHooks({ resolve: (name, context, next) =>
        next(name.startsWith('.') ? name.replace(/\\.js$/, '.ts') : name, context) });`;
    const holder = spawn(
      process.execPath,
      [
        ...['--disable-warning=ExperimentalWarning', '--input-type=module'],
        ...['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, '-e', script],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    await expect(takeLaunchLock(file, { timeoutMs: 50 })).rejects.toThrow('Another process');
    holder.kill('SIGKILL');
    (await takeLaunchLock(file, { timeoutMs: 2_000 })).release();
  });
});
