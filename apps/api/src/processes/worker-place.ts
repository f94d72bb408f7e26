import cluster, { type Worker } from 'node:cluster';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isOurs, type Order, type Report } from './messages.js';

const firstDelay = 100;
const longestDelay = 5_000;
/** A worker that lived this long was well: the next death is a new matter and is answered at once. */
const wellAfter = 10_000;
/** A worker gives its requests 10 s and then closes its connections; one that takes longer than this is stuck. */
const stopWithin = 20_000;
/** What a worker has said before its end is read by then. */
const lastWordsWithin = 100;

/**
 * The place of one worker. Whoever fills it and dies is replaced, later each time when it dies soon; but not before
 * `keepFilled`, while a death still means that the service cannot start.
 */
export class WorkerPlace {
  private readonly reports = new EventEmitter();
  private worker: Worker | undefined;
  private isKeptFilled = false;
  private explanation: string | undefined;
  private end: Promise<void> = Promise.resolve();

  private constructor(
    private readonly logger: Logger,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Starts the first worker.
   *
   * @param signal stops the one that is there, and ends the replacing
   */
  static open(logger: Logger, signal: AbortSignal): WorkerPlace {
    const place = new WorkerPlace(logger, signal);
    signal.addEventListener('abort', () => place.stop(), { once: true });
    place.end = place.run();
    // Whoever waits for it hears of it; nobody has to.
    place.end.catch(() => undefined);
    return place;
  }

  /** Resolves when the place is empty for good because of the signal; rejects, in words for the operator, when the start failed. */
  get ended(): Promise<void> {
    return this.end;
  }

  /** Resolves when a worker of this place reports this, from now on. */
  async heard<What extends Report['credvault']>(what: What): Promise<Extract<Report, { credvault: What }>> {
    const [report] = (await once(this.reports, what)) as [Extract<Report, { credvault: What }>];
    return report;
  }

  /** From now on a worker that dies is replaced. */
  keepFilled(): void {
    this.isKeptFilled = true;
  }

  /** Tells the present worker, if there is one that can hear. */
  tell(order: Order): void {
    if (this.worker?.isConnected()) this.worker.send(order, () => undefined);
  }

  /** Asked anew after every wait, which the compiler would not expect of a property. */
  private isStopping(): boolean {
    return this.signal.aborted;
  }

  private async run(): Promise<void> {
    for (let delay = firstDelay; !this.isStopping(); delay = Math.min(delay * 2, longestDelay)) {
      const began = performance.now();
      const ending = await this.live();
      if (this.isStopping()) return;
      if (!this.isKeptFilled) throw new Error(this.explanation ?? `A process of the service ${ending}.`);
      if (performance.now() - began > wellAfter) delay = firstDelay;
      this.logger.error(
        { worker: this.worker?.process.pid, ending, reason: this.explanation },
        'a process of the service has ended; another one takes its place',
      );
      await sleep(delay, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  /** The life of one worker. @returns how it ended, such as `was ended by SIGKILL` */
  private async live(): Promise<string> {
    const worker = cluster.fork();
    this.worker = worker;
    this.explanation = undefined;
    worker.on('message', (message: unknown) => this.hear(message));
    // What cannot be sent to a worker that has just died: the answer of a limit, a question for metrics.
    worker.on('error', (error) => this.logger.debug({ error: error.message }, 'a worker cannot be reached'));
    if (worker.process.pid === undefined) return 'could not be started';
    // Its last words may still be in the channel when it has ended. But Node keeps the end of the channel to itself while a
    // connection that was on its way to the worker is not acknowledged.
    const silent = new Promise((resolve) => worker.once('disconnect', resolve));
    const ending = await new Promise<string>((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) =>
        resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
      );
    });
    await Promise.race([silent, sleep(lastWordsWithin)]);
    return ending;
  }

  private stop(): void {
    this.tell({ credvault: 'stop' });
    setTimeout(() => this.worker?.process.kill('SIGKILL'), stopWithin).unref();
  }

  private hear(message: unknown): void {
    if (!isOurs<Report>(message)) return;
    if (message.credvault === 'failed') this.explanation = message.explanation;
    else if (this.isKeptFilled)
      this.logger.info({ worker: this.worker?.process.pid }, 'the new process serves');
    this.reports.emit(message.credvault, message);
  }
}
