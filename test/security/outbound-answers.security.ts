import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { AddressRules } from '@credvault/outbound/address-rules.js';
import type { OutboundAnswer } from '@credvault/outbound/answer-reader.js';
import { type LocalServer, serveBytes, serveHttp } from '@credvault/outbound/local-server.fixture.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { OutboundFailed } from '@credvault/outbound/outbound.errors.js';
import type { OutboundRequest } from '@credvault/outbound/outbound-request.js';

const client = new OutboundClient(new AddressRules(['127.0.0.1']), () => Promise.resolve(['127.0.0.1']));
/** Short, because these tests wait for it; nothing is said about how long it took. */
const shortDeadline = 400;

let server: LocalServer;
afterEach(() => server.stop());

function call(options: Partial<OutboundRequest> = {}): Promise<OutboundAnswer> {
  const url = `http://callee.example.test:${server.port}/path?query=1#fragment`;
  return client.request({ method: 'GET', url, allowHttp: true, ...options });
}

/** Why a call failed; fails when it did not. */
async function failureOf(call: Promise<OutboundAnswer>): Promise<string> {
  const error: unknown = await call.then(
    () => 'answered',
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(OutboundFailed);
  const { reason, code, message } = error as OutboundFailed;
  expect(code).toBe('UNAVAILABLE');
  expect(message).not.toContain('127.0.0');
  return reason;
}

/** Serves with a listener that also keeps what was asked. */
async function serving(answer: RequestListener): Promise<{ url?: string; headers: IncomingHttpHeaders }[]> {
  const seen: { url?: string; headers: IncomingHttpHeaders }[] = [];
  server = await serveHttp((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    answer(request, response);
  });
  return seen;
}

async function talking(talk: (socket: Socket) => void): Promise<void> {
  server = await serveBytes(talk);
}

describe('an answer', () => {
  it('comes with status, headers and body, and the request says no more than it should', async () => {
    const seen = await serving((request, response) => {
      response.writeHead(201, [
        ...['X-One', 'a', 'X-One', 'b', 'Set-Cookie', 'session=1', '__proto__', 'c', 'X-Caf', 'caf\xe9'],
      ]);
      request.pipe(response);
    });
    const { status, headers, body } = await call({
      method: 'POST',
      body: 'höhe',
      headers: { 'X-Note': 'n' },
    });
    expect([status, body.toString()]).toEqual([201, 'höhe']);
    expect([headers.get('x-one'), headers.get('__proto__'), headers.get('x-caf')]).toEqual([
      'a, b',
      'c',
      'caf\xe9',
    ]);
    expect(headers.has('set-cookie')).toBe(false);
    const host = `callee.example.test:${server.port}`;
    const sent = {
      'accept-encoding': 'identity',
      connection: 'close',
      'content-length': '5',
      'x-note': 'n',
      host,
    };
    expect(seen).toEqual([{ url: '/path?query=1', headers: sent }]);
  });

  it('of 3xx is an answer: no redirect is followed', async () => {
    const seen = await serving((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${server.port}/elsewhere` }).end();
    });
    const { status, headers } = await call();
    expect([status, headers.get('location')]).toEqual([307, `http://127.0.0.1:${server.port}/elsewhere`]);
    expect(seen.map(({ url }) => url)).toEqual(['/path?query=1']);
  });

  it('that sets a cookie is not told it at the next call, and each call has its own connection', async () => {
    const seen = await serving((_request, response) => response.setHeader('set-cookie', 'session=1').end());
    await call();
    await call();
    expect(seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
    expect(server.connections()).toBe(2);
    await server.idle();
  });

  it('compressed unasked stays as it is: a bomb does not go off', async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    await serving((_request, response) => response.setHeader('content-encoding', 'gzip').end(bomb));
    expect((await call({ maxBytes: 100_000 })).body.equals(bomb)).toBe(true);
  });

  it('to HEAD has no body, whatever length it speaks of', async () => {
    await serving((_request, response) => response.setHeader('content-length', 5_000_000).end());
    const { status, body } = await call({ method: 'HEAD' });
    expect([status, body.length]).toEqual([200, 0]);
  });

  it('may come after early hints', async () => {
    await talking((socket) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const { status, headers, body } = await call();
    expect([status, headers.has('link'), body.toString()]).toEqual([200, false, 'ok']);
  });

  it('ignores proxies of the environment', async () => {
    await serving((_request, response) => response.end('direct'));
    const proxy = await serveHttp((_request, response) => response.end('proxied'));
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`;
      process.env.NODE_USE_ENV_PROXY = '1';
      expect((await call()).body.toString()).toBe('direct');
      expect(proxy.connections()).toBe(0);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await proxy.stop();
    }
  });
});

describe('an answer that is too large', () => {
  it.each([
    ['with a length', { 'content-length': '100001' }],
    ['in chunks', {}],
  ])('fails: %s; one that just fits does not', async (_how, headers) => {
    await serving((request, response) => {
      const bytes = Number(request.headers['x-bytes']);
      response.writeHead(200, bytes > 100_000 ? headers : {}).end(Buffer.alloc(bytes, 'a'));
    });
    const sized = (bytes: number) => call({ maxBytes: 100_000, headers: { 'X-Bytes': String(bytes) } });
    expect((await sized(100_000)).body.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
    expect((await sized(0)).body).toHaveLength(0);
    expect(await failureOf(sized(100_001))).toBe('too-large');
  });

  it('is cut off while the server goes on sending', async () => {
    await serving((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
        response.once('drain', pour);
      };
      pour();
    });
    expect(await failureOf(call({ maxBytes: 200_000 }))).toBe('too-large');
    await server.idle();
  });

  it('in a hundred thousand chunks of one byte costs about its size, and fails at the limit', async () => {
    const chunks = Buffer.from('1\r\na\r\n'.repeat(100_000));
    await talking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.write(chunks);
      socket.write('0\r\n\r\n');
    });
    expect((await call({ maxBytes: 100_000 })).body.equals(Buffer.alloc(100_000, 'a'))).toBe(true);
    expect(await failureOf(call({ maxBytes: 99_999 }))).toBe('too-large');
  });

  it.each([
    ['one header', `X-Long: ${'a'.repeat(20_000)}\r\n`],
    ['many headers', 'X-Aaaaaa: bbbbbbbb\r\n'.repeat(2_000)],
  ])('fails by its headers: %s', async (_what, lines) => {
    await talking((socket) => socket.write(`HTTP/1.1 200 OK\r\n${lines}\r\n`));
    expect(await failureOf(call())).toBe('too-large');
  });

  it('fails by its trailers', async () => {
    await talking((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n');
      socket.write('X-Aaaaaa: bbbbbbbb\r\n'.repeat(2_000));
    });
    expect(await failureOf(call())).toBe('too-large');
  });
});

describe('a server that takes its time', () => {
  const slow: [string, (socket: Socket) => void][] = [
    ['never answers', () => undefined],
    ['sends its headers drop by drop', (socket) => dripping(socket, 'HTTP/1.1 200 OK\r\n', 'X-A: b\r\n')],
    ['sends early hints for ever', (socket) => dripping(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
    ['sends its body drop by drop', (socket) => dripping(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'a')],
    [
      'extends a chunk for ever',
      (socket) => dripping(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'x=y;'),
    ],
    [
      'stops in the middle of its body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'),
    ],
  ];

  it.each(slow)('and %s is left at the deadline', async (_how, talk) => {
    await talking(talk);
    expect(await failureOf(call({ timeoutMs: shortDeadline }))).toBe('timeout');
    await server.idle();
  });

  it('while it is sent a large body is left at the deadline', async () => {
    await talking((socket) => socket.pause());
    const body = Buffer.alloc(1024 * 1024);
    expect(await failureOf(call({ method: 'POST', body, timeoutMs: shortDeadline }))).toBe('timeout');
  });

  it('with its TLS handshake is left at the deadline', async () => {
    await talking(() => undefined);
    const url = `https://callee.example.test:${server.port}/`;
    expect(await failureOf(call({ url, timeoutMs: shortDeadline }))).toBe('timeout');
    await server.idle();
  });

  it('to say its address is left at the deadline', async () => {
    await serving((_request, response) => response.end());
    const waiting = new OutboundClient(new AddressRules(['127.0.0.1']), () => new Promise(() => undefined));
    const url = `http://callee.example.test:${server.port}/`;
    const request = waiting.request({ method: 'GET', url, allowHttp: true, timeoutMs: shortDeadline });
    expect(await failureOf(request)).toBe('timeout');
    expect(server.connections()).toBe(0);
  });
});

/** Writes the beginning, then a drop again and again. */
function dripping(socket: Socket, beginning: string, drop: string): void {
  socket.write(beginning);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.on('close', () => clearInterval(timer));
}

describe('a server that does not speak HTTP as it should', () => {
  it.each<[string, string, string]>([
    ['another protocol', '220 mail.example.test ESMTP\r\n', 'not-http'],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'not-http'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'not-http'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
      'not-http',
    ],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'not-http'],
    [
      'an unasked upgrade',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'unreachable',
    ],
  ])('fails: %s', async (_what, bytes, reason) => {
    await talking((socket) => socket.end(bytes));
    expect(await failureOf(call())).toBe(reason);
  });

  it('fails without its words in the error, for they may hold a token', async () => {
    await talking((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\ncanary'),
    );
    const error: unknown = await call().catch((error: unknown) => error);
    expect(inspect(error, { depth: null, showHidden: true })).toMatch(/not-http/);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('canary');
  });

  it.each(['', 'HTTP/1.1 200', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'])(
    'fails when it hangs up after %j',
    async (bytes) => {
      await talking((socket) => socket.end(bytes));
      expect(await failureOf(call())).toBe('unreachable');
    },
  );

  it('fails when nobody listens, and when the resolver is out of order', async () => {
    await talking(() => undefined);
    await server.stop();
    expect(await failureOf(call())).toBe('unreachable');
    const busy = Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
    const lost = new OutboundClient(new AddressRules([]), () => Promise.reject(busy));
    expect(await failureOf(lost.request({ method: 'GET', url: 'https://example.com/' }))).toBe('unreachable');
  });
});
