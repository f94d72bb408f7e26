import type { LookupFunction } from 'node:net';
import { isIPv6 } from 'node:net';
import { buildConnector, Client } from 'undici';
import { AnswerReader, type OutboundAnswer } from './answer-reader.js';
import { OutboundFailed, outboundFailure } from './outbound.errors.js';
import type { CheckedRequest } from './outbound-request.js';

/** Bytes of status line and headers that an answer may have; Node's own limit. */
const maxHeaderBytes = 16 * 1024;

/**
 * Bytes that an answer may take on the wire beside its headers. A body in chunks of one byte takes six times its size; what is
 * sent besides (early hints, extensions of chunks, records of TLS) is nobody's answer and may not go on until the deadline.
 */
function maxWireBytes(maxBytes: number): number {
  return 8 * maxBytes + 64 * 1024;
}

/**
 * Sends one request over a connection of its own, which ends with it: a connection whose address was checked for one name
 * is never used for another.
 *
 * @param addresses the only addresses that may be connected to; tried in turn until one accepts (RFC 8305)
 * @param deadline ends everything, in whatever state it is
 * @throws OutboundFailed when there is no answer, or none within the limits
 */
export async function exchange(
  request: CheckedRequest,
  addresses: readonly string[],
  deadline: AbortSignal,
): Promise<OutboundAnswer> {
  const client = clientOf(request, addresses);
  const stop = (): void => void client.destroy(new OutboundFailed('timeout'));
  deadline.addEventListener('abort', stop, { once: true });
  const { url, method, headers, body } = request;
  try {
    return await new Promise<OutboundAnswer>((resolve, reject) => {
      const path = url.pathname + url.search;
      client.dispatch(
        { path, method, headers, body, reset: true },
        new AnswerReader(request.maxBytes, resolve, reject),
      );
    });
  } catch (error) {
    throw outboundFailure(error);
  } finally {
    deadline.removeEventListener('abort', stop);
    await client.destroy();
  }
}

/** Everything that the environment could change (proxies, unchecked certificates, another parser) is said here. */
function clientOf({ url, timeoutMs, maxBytes }: CheckedRequest, addresses: readonly string[]): Client {
  const connect = buildConnector({
    lookup: pinned(addresses),
    autoSelectFamily: true,
    allowH2: false,
    rejectUnauthorized: true,
    timeout: timeoutMs,
  });
  return new Client(url.origin, {
    connect: bounded(connect, maxHeaderBytes + maxWireBytes(maxBytes)),
    maxHeaderSize: maxHeaderBytes,
    // One deadline holds for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    useMilo: false,
  });
}

/** Cuts a connection off that has brought more than its answer can need. */
function bounded(connect: buildConnector.connector, maxBytes: number): buildConnector.connector {
  return (options, done) =>
    connect(options, (...[error, socket]) => {
      if (!socket) return done(error, null);
      socket.on('readable', () => {
        if (socket.bytesRead > maxBytes) socket.destroy(new OutboundFailed('too-large'));
      });
      done(null, socket);
    });
}

/** Stands in for the resolver when the socket connects, so that the name is not looked up a second time. */
function pinned(addresses: readonly string[]): LookupFunction {
  return (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 })),
    );
}
