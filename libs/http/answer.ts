export interface AnswerOptions {
  /** The entity tag, with its quotes (`etagOf`). */
  etag?: string;
  /** Where the new or changed resource is, as a path or URL. */
  location?: string;
  /** The HTTP status, if not that of the handler. */
  status?: number;
  /** Further headers. */
  headers?: Record<string, string>;
}

/** What a handler returns when its answer needs more than data: an entity tag, a place, a status, headers. */
export class Answer<T> {
  private constructor(
    readonly data: T,
    readonly options: AnswerOptions,
  ) {}

  /** `data` becomes the body as if it were returned alone: wrapped, or nothing if undefined. */
  static of<T>(data: T, options: AnswerOptions = {}): Answer<T> {
    return new Answer(data, options);
  }
}
