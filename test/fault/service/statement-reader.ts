/** Length of the message type and of the length that follows it (PostgreSQL: Frontend/Backend Protocol, Message Formats). */
const typeLength = 1;
const lengthLength = 4;

/**
 * Reads what a client sends to PostgreSQL and tells which statements it executes: of a simple query its text, of an
 * extended one the name of the statement that was bound, or its text when it has no name.
 * Source: https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
export class StatementReader {
  readonly #onStatement: (statement: string) => void;
  #rest = Buffer.alloc(0);
  /** The first message, which starts the session, has no type. */
  #hasStarted = false;
  #unnamed = '';
  #bound = '';

  constructor(onStatement: (statement: string) => void) {
    this.#onStatement = onStatement;
  }

  /** Takes the next bytes of the stream, wherever they were cut. */
  read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const before = this.#hasStarted ? typeLength : 0;
      if (this.#rest.length < before + lengthLength) return;
      const length = before + this.#rest.readUInt32BE(before);
      if (this.#rest.length < length) return;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      if (this.#hasStarted) this.#take(String.fromCharCode(message[0] ?? 0), message.subarray(5));
      this.#hasStarted = true;
    }
  }

  #take(type: string, body: Buffer): void {
    const [first = '', second = ''] = body.toString('latin1').split('\0', 2);
    if (type === 'Q') this.#onStatement(first);
    // Parse: name, text. Bind: portal, name. Execute runs what was bound last.
    if (type === 'P' && first === '') this.#unnamed = second;
    if (type === 'B') this.#bound = second === '' ? this.#unnamed : second;
    if (type === 'E') this.#onStatement(this.#bound);
  }
}
