import type { Logger } from 'pino';
import { WorkerPlace } from './worker-place.js';

/** The workers of one service, from the primary's side. */
export class Workers {
  private readonly closing = new AbortController();
  private readonly stopping: AbortSignal;
  private readonly places: WorkerPlace[] = [];

  /**
   * @param count how many there shall be
   * @param signal stops them
   */
  constructor(
    private readonly count: number,
    private readonly logger: Logger,
    signal: AbortSignal,
  ) {
    this.stopping = AbortSignal.any([signal, this.closing.signal]);
  }

  /**
   * Starts them and waits until all of them listen. From then on each that dies is replaced. The first one starts alone:
   * so the setup token is there as soon as anybody is answered, and what keeps all of them from starting is said once.
   *
   * @returns the lines that announce the service
   * @throws Error in words for the operator when one of them cannot start; the signal's reason when they were stopped
   */
  async start(metricsUrl: string | undefined): Promise<string[]> {
    const first = this.open();
    await this.unlessEnded(first.heard('listening'));
    first.tell({ credvault: 'announce', metricsUrl });
    const { lines } = await this.unlessEnded(first.heard('announced'));
    const others = Array.from({ length: this.count - 1 }, () => this.open());
    await this.unlessEnded(Promise.all(others.map((place) => place.heard('listening'))));
    for (const place of this.places) place.keepFilled();
    return lines;
  }

  /** Lets them answer what is under way, write their buffers and end. */
  async stop(): Promise<void> {
    this.closing.abort();
    await Promise.allSettled(this.places.map((place) => place.ended));
  }

  private open(): WorkerPlace {
    const place = WorkerPlace.open(this.logger, this.stopping);
    this.places.push(place);
    return place;
  }

  /** Waits for something of the start; any worker that ends before is the end of the start. */
  private unlessEnded<T>(step: Promise<T>): Promise<T> {
    const ended = Promise.race(this.places.map((place) => place.ended)).then((): never => {
      throw this.stopping.reason;
    });
    return Promise.race([step, ended]);
  }
}
