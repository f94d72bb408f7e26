import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcess, onEnd } from './processes.ts';

/** The root of the project. */
export const projectRoot = path.join(import.meta.dirname, '..', '..', '..');
const builtProgram = path.join(projectRoot, 'dist', 'apps', 'api', 'src', 'main.js');

/** The setup token every service of these suites takes. */
export const setupToken = 'setup-token-of-the-black-box-suites';

export interface ServiceOptions {
  dataDir: string;
  port: number;
  /** Where standard output and error go; without it to the null device. Appended to. */
  outputFile?: string;
  /** Settings on top of the usual ones; undefined takes one away. */
  environment?: Record<string, string | undefined>;
  /** Another program than the built service, such as one without durability. */
  program?: string;
  /** Options of Node, such as `--cpu-prof`. */
  nodeOptions?: string[];
}

/** How a process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The service as it is run in production: the build, in a process group of its own, spoken to over HTTP. */
export class BuiltService {
  readonly url: string;
  readonly dataDir: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #outputFile: string | undefined;
  #ending: Ending | undefined;

  private constructor(child: ChildProcess, options: ServiceOptions) {
    this.#child = child;
    this.#outputFile = options.outputFile;
    this.dataDir = options.dataDir;
    this.url = `http://127.0.0.1:${options.port}`;
    const killAtEnd = onEnd(() => this.#kill());
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        this.#ending = { code, signal };
        killAtEnd();
        resolve(this.#ending);
      });
    });
  }

  /** Starts the service without waiting for anything. */
  static spawn(options: ServiceOptions): BuiltService {
    const { dataDir, port, outputFile, environment, program = builtProgram, nodeOptions = [] } = options;
    if (!existsSync(builtProgram)) throw new Error('The service is not built: npm run build');
    const output = openSync(outputFile ?? '/dev/null', 'a');
    const child = spawn(process.execPath, [...nodeOptions, program], {
      cwd: path.dirname(dataDir),
      env: { ...standardEnvironment(dataDir, port), ...environment },
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    return new BuiltService(child, options);
  }

  /** Starts the service and waits until it is ready. */
  static async start(options: ServiceOptions): Promise<BuiltService> {
    const service = BuiltService.spawn(options);
    await service.ready();
    return service;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written so far; empty without an output file. */
  get output(): string {
    return this.#outputFile === undefined ? '' : readFileSync(this.#outputFile, 'utf8');
  }

  /** Waits until `/health/ready` says 200. @throws Error when it ends before, or after 60 s */
  async ready(timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.#isReady())) {
      if (this.#ending) throw new Error(`the service ended at its start:\n${this.output.slice(-2_000)}`);
      if (performance.now() > deadline) {
        throw new Error(
          `the service was not ready after ${timeoutMs / 1_000} s:\n${this.output.slice(-2_000)}`,
        );
      }
      await sleep(5);
    }
  }

  /** kill -9 of the service alone: its PostgreSQL goes on. */
  async kill(): Promise<void> {
    this.#kill();
    await this.ended;
  }

  /** Sends a signal to the whole process group, as a terminal does for Ctrl-C, and waits for the end. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM', timeoutMs = 30_000): Promise<Ending> {
    if (this.#ending) return this.#ending;
    process.kill(-this.pid, signal);
    return this.end(timeoutMs);
  }

  /** Waits until it has ended by itself. @throws Error when that takes too long */
  async end(timeoutMs = 30_000): Promise<Ending> {
    const timer = new AbortController();
    const tooLate = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`the service did not end in ${timeoutMs / 1_000} s:\n${this.output.slice(-2_000)}`);
    });
    try {
      return await Promise.race([this.ended, tooLate]);
    } finally {
      timer.abort();
      tooLate.catch(() => undefined);
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  #kill(): void {
    if (!this.#ending && this.pid > 0) killProcess(this.pid);
  }
}

/** A TCP port nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function standardEnvironment(dataDir: string, port: number): Record<string, string | undefined> {
  const { PATH, HOME, LANG } = process.env;
  return {
    PATH,
    HOME,
    LANG,
    NODE_ENV: 'production',
    PORT: String(port),
    CREDVAULT_DATA_DIR: dataDir,
    CREDVAULT_METRICS_PORT: '0',
    CREDVAULT_TRUSTED_PROXIES: '127.0.0.1',
    CREDVAULT_REGISTRATION: 'open',
    CREDVAULT_SETUP_TOKEN: setupToken,
    LOG_LEVEL: 'info',
  };
}
