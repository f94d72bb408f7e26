import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { OutboundFailed } from './outbound.errors.js';

/** What a called server answered. A redirect (3xx) is an answer like any other. */
export interface OutboundAnswer {
  status: number;
  /** By lower-case name; several of one name are joined with ", " (RFC 9110 §5.3). Cookies are left out. */
  headers: ReadonlyMap<string, string>;
  /** As it was sent: compressed bytes, if the server compresses unasked, stay so. */
  body: Buffer;
}

/** What the buffer starts with; it doubles up to the limit. */
const firstBytes = 16 * 1024;

/**
 * Takes an answer from undici. The body is copied into one buffer as it comes: kept as chunks, a body of one-byte chunks
 * would hold a hundred times its size in memory.
 */
export class AnswerReader implements Dispatcher.DispatchHandler {
  private status = 0;
  private headers: ReadonlyMap<string, string> = new Map();
  private body = Buffer.alloc(0);
  private length = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly resolve: (answer: OutboundAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  onRequestStart(): void {
    // undici wants to be heard here; nothing of an answer is known yet.
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return; // early hints and the like come before the answer
    this.status = status;
    this.headers = headersOf(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.maxBytes) {
      controller.abort(new OutboundFailed('too-large'));
      return;
    }
    if (length > this.body.length) this.grow(length);
    chunk.copy(this.body, this.length);
    this.length = length;
  }

  onResponseEnd(): void {
    this.resolve({
      status: this.status,
      headers: this.headers,
      body: this.body.subarray(0, this.length),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }

  private grow(atLeast: number): void {
    const size = Math.min(this.maxBytes, Math.max(atLeast, this.body.length * 2, firstBytes));
    const larger = Buffer.alloc(size);
    this.body.copy(larger, 0, 0, this.length);
    this.body = larger;
  }
}

function headersOf(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'set-cookie' || value === undefined) continue;
    kept.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return kept;
}
