/** How long, in milliseconds, an open circuit waits between two probes. */
const probeEvery = 1_000;
/** How many times the patience is granted again to a place that is slow but answers. */
const mostExtensions = 3;

/** What asked while the circuit was open gets: the answer must come from elsewhere. */
export class CircuitOpen extends Error {
  constructor() {
    super('what is beyond the circuit has failed and is not asked');
    this.name = 'CircuitOpen';
  }
}

/** What is beyond the circuit did not answer in time. */
export class NoAnswer extends Error {
  constructor(patienceMs: number) {
    super(`no answer within ${patienceMs} ms`);
    this.name = 'NoAnswer';
  }
}

export interface CircuitOptions {
  /** How long there may be no answer at all, in milliseconds; no question takes longer than four times that. */
  patienceMs: number;
  /** How long a probe may take, in milliseconds. */
  probePatienceMs: number;
  /** Tries whether what is beyond works again, making a new connection if need be. */
  probe: () => Promise<unknown>;
  /** Told after the start when the circuit opens, with the reason, and when it closes again. */
  onChange: (isOpen: boolean, reason?: unknown) => void;
}

/**
 * Stands before something that may be down, slow or gone without a word, so that it never holds up who asks: the first
 * question that fails or takes too long opens the circuit. From then on nothing is asked, until a probe, tried every
 * second, succeeds. (M. Nygard, "Release It!": circuit breaker.) A circuit is open until `start`.
 */
export class Circuit {
  private open = true;
  private ended = false;
  /** When the last answer came. */
  private heardAt = -Infinity;
  private probing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CircuitOptions) {}

  get isOpen(): boolean {
    return this.open;
  }

  /** Asks. @throws CircuitOpen without asking, NoAnswer, or what `question` throws */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.open) throw new CircuitOpen();
    try {
      const answer = await within(this.options.patienceMs, question(), () => this.heardAt);
      this.heardAt = performance.now();
      return answer;
    } catch (reason) {
      this.trip(reason);
      throw reason;
    }
  }

  /** Opens the circuit, for whoever learns of a failure without asking. */
  trip(reason: unknown): void {
    if (this.open || this.ended) return;
    this.open = true;
    this.options.onChange(true, reason);
    this.probeLater();
  }

  /** Probes for the first time. Resolves to the reason if the circuit stays open for now, and otherwise to undefined. */
  async start(): Promise<unknown> {
    try {
      await this.probe();
      return undefined;
    } catch (reason) {
      this.probeLater();
      return reason;
    }
  }

  /** Ends the probes; the circuit stays open. */
  async end(): Promise<void> {
    this.ended = true;
    this.open = true;
    clearTimeout(this.timer);
    await this.probing;
  }

  private async probe(): Promise<void> {
    await within(this.options.probePatienceMs, this.options.probe(), () => -Infinity);
    this.open = this.ended;
  }

  private probeLater(): void {
    if (this.ended) return;
    this.timer = setTimeout(() => {
      this.probing = this.probe().then(
        () => this.options.onChange(this.open),
        () => this.probeLater(),
      );
    }, probeEvery).unref();
  }
}

/**
 * The answer, or NoAnswer after `patienceMs` of silence. A place that answers others meanwhile is slow and not gone, and a
 * process that was busy itself cannot know: for both it waits on, `mostExtensions` times. (Timers run before input is
 * read, `setImmediate` after it: so what has come in meanwhile is looked at first.)
 *
 * @param heardAt when the last answer to anybody came, as `performance.now()` tells
 */
function within<T>(patienceMs: number, answer: Promise<T>, heardAt: () => number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let extensions = mostExtensions;
    let settled = false;
    let timer: NodeJS.Timeout;
    const wait = (milliseconds: number): void => {
      const due = performance.now() + milliseconds;
      timer = setTimeout(() => setImmediate(() => setImmediate(() => judge(due))), milliseconds);
    };
    const judge = (due: number): void => {
      if (settled) return;
      const now = performance.now();
      const silence = now - heardAt();
      const wasBusy = now - due > patienceMs / 5;
      if (extensions === 0 || !(wasBusy || silence < patienceMs)) return reject(new NoAnswer(patienceMs));
      extensions -= 1;
      wait(wasBusy ? patienceMs : patienceMs - silence);
    };
    wait(patienceMs);
    answer.then(resolve, reject).finally(() => {
      settled = true;
      clearTimeout(timer);
    });
  });
}
