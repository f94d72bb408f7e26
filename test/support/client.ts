import { request as httpRequest, type IncomingMessage } from 'node:http';
import { checkAgainstContract } from './contract/recorder.js';
import type { TestService } from './service.js';

/** What came back for one request. */
export interface Reply {
  status: number;
  /** By name in lower case; one that came several times is joined by commas. */
  headers: Record<string, string>;
  /** The parsed body of a JSON answer, otherwise undefined. */
  body: unknown;
  /** The body as text. */
  text: string;
  /** The parsed body, taken for what the caller says it is. */
  json<T>(): T;
  /** `data` of the envelope, taken for what the caller says it is. */
  data<T>(): T;
}

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, instead of `body`; as JSON unless `headers` say otherwise. */
  raw?: string | Uint8Array;
  headers?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  /** Instead of the client's own token; null sends none. */
  token?: string | null;
  /** The path begins at the root, not at `/api/v1`. */
  fromRoot?: boolean;
  /** The path or method is none of the document, and that is what is tested. */
  undocumented?: boolean;
}

/** Speaks HTTP with a service and holds every answer to the OpenAPI document. */
export class Client {
  private readonly token: string | undefined;
  private readonly address: string | undefined;

  /**
   * @param options.token sent as `Authorization: Bearer`
   * @param options.address where requests seem to come from: sent as `X-Forwarded-For`, which tests trust
   */
  constructor(
    readonly service: TestService,
    options: { token?: string; address?: string } = {},
  ) {
    this.token = options.token;
    this.address = options.address;
  }

  /** The same client with another token. */
  as(token: string): Client {
    return new Client(this.service, { token, address: this.address });
  }

  /** The same client at another service, with another token if one is given. */
  at(service: TestService): Client {
    return new Client(service, { token: this.token, address: this.address });
  }

  get(path: string, options?: RequestOptions): Promise<Reply> {
    return this.request('GET', path, options);
  }

  post(path: string, body?: unknown, options?: RequestOptions): Promise<Reply> {
    return this.request('POST', path, { body, ...options });
  }

  put(path: string, body?: unknown, options?: RequestOptions): Promise<Reply> {
    return this.request('PUT', path, { body, ...options });
  }

  patch(path: string, body?: unknown, options?: RequestOptions): Promise<Reply> {
    return this.request('PATCH', path, { body, ...options });
  }

  delete(path: string, options?: RequestOptions): Promise<Reply> {
    return this.request('DELETE', path, options);
  }

  /**
   * Sends one request.
   *
   * @param path relative to `/api/v1`, percent-encoded where it must be; it may bring a query, sent as it is
   * @throws ContractViolation when the document knows nothing of the operation, its status, or a field of its answer
   */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Reply> {
    const fullPath = options.fromRoot ? path : `/api/v1${path}`;
    const query = queryString(options.query);
    const headers = { ...this.headersOf(options), ...options.headers };
    const content = contentOf(options);
    const reply = await send(this.service.url, method, fullPath + query, headers, content);
    const pathAlone = fullPath.split('?', 1)[0] ?? '';
    if (!options.undocumented) checkAgainstContract({ method, path: pathAlone, reply });
    return reply;
  }

  private headersOf(options: RequestOptions): Record<string, string> {
    const token = options.token === undefined ? this.token : options.token;
    const hasBody = contentOf(options) !== undefined;
    return {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(this.address ? { 'x-forwarded-for': this.address } : {}),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    };
  }
}

function contentOf({ raw, body }: RequestOptions): Buffer | undefined {
  if (raw !== undefined) return Buffer.from(raw);
  return body === undefined ? undefined : Buffer.from(JSON.stringify(body));
}

function queryString(query: RequestOptions['query']): string {
  if (query === undefined) return '';
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value)]);
  return `?${new URLSearchParams(parameters).toString()}`;
}

/** Sends a request by `node:http`, which unlike `fetch` sends paths and headers as they are given. */
function send(
  origin: string,
  method: string,
  path: string,
  given: Record<string, string>,
  content: Buffer | undefined,
): Promise<Reply> {
  const { hostname, port } = new URL(origin);
  const headers = { ...lowerCase(given), ...(content ? { 'content-length': content.length } : {}) };
  return new Promise((resolve, reject) => {
    let answered = false;
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      answered = true;
      readReply(response).then(resolve, reject);
    });
    // A service that refuses a large body hangs up while it is still being sent; its answer is what counts.
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    request.end(content);
  });
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const named = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
  const headers = Object.fromEntries(named) as Record<string, string>;
  const isJson = /^application\/json\b/.test(headers['content-type'] ?? '');
  const body: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
  return {
    status: response.statusCode ?? 0,
    headers,
    body,
    text,
    json: <T>() => body as T,
    data: <T>() => (body as { data: T }).data,
  };
}
