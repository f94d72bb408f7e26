/** What a run of the suite has found so far. */
export class Checks {
  #passed = 0;
  #failed = 0;

  get passed(): number {
    return this.#passed;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Runs one check that throws when it fails. A failure does not keep the next one from running. */
  async run(name: string, work: () => Promise<void>): Promise<void> {
    const begin = performance.now();
    let problems: string[] = [];
    try {
      await work();
    } catch (error) {
      problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
    this.report(`${name} (${((performance.now() - begin) / 1_000).toFixed(1)} s)`, problems);
  }

  /** Reports one check; it passed when there are no problems. */
  report(name: string, problems: string[]): void {
    if (problems.length === 0) this.#passed += 1;
    else this.#failed += 1;
    process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}\n`);
    for (const problem of problems.slice(0, 5))
      process.stdout.write(`       ${problem.replaceAll('\n', '\n       ')}\n`);
    if (problems.length > 5) process.stdout.write(`       and ${problems.length - 5} more\n`);
  }

  /** The last line of the suite. */
  summary(): string {
    return `fault: ${this.#passed} passed, ${this.#failed} failed`;
  }
}

/** @throws Error with the explanation when the condition does not hold */
export function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
