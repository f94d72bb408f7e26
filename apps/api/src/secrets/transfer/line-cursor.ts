/** Turns offsets into line numbers in one pass over the text; offsets must be asked in ascending order. */
export class LineCursor {
  #line = 1;
  #lineEnd: number;

  constructor(readonly text: string) {
    this.#lineEnd = this.#newlineFrom(0);
  }

  /** The line, counted from 1, in which the offset stands. */
  at(offset: number): number {
    while (this.#lineEnd < offset) {
      this.#line += 1;
      this.#lineEnd = this.#newlineFrom(this.#lineEnd + 1);
    }
    return this.#line;
  }

  #newlineFrom(start: number): number {
    const newline = this.text.indexOf('\n', start);
    return newline === -1 ? Infinity : newline;
  }
}
