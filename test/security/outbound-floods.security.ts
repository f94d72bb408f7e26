import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AddressRules } from '@credvault/outbound/address-rules.js';
import { type LocalServer, serveBytes, serveHttp } from '@credvault/outbound/local-server.fixture.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { OutboundRefused } from '@credvault/outbound/outbound.errors.js';
import { nameResolver, type ResolveName } from '@credvault/outbound/resolve-name.js';
import { startNameServer, type NameServer } from '../support/name-server.js';

describe('an answer that never comes to its end', () => {
  const client = new OutboundClient(new AddressRules(['127.0.0.1']));
  /** What a server goes on to send, after a beginning. */
  const floods: [string, string, string][] = [
    ['early hints', '', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['an extension of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'x'],
    [
      'chunks that are extended',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '1;xxxxxxxxxxxx\r\na\r\n',
    ],
  ];

  it.each(floods)('is cut off: %s', async (_what, beginning, more) => {
    let sent = 0;
    const server = await serveBytes((socket) => {
      socket.write(beginning);
      pour(socket, Buffer.from(more.repeat(Math.ceil(65_536 / more.length))), (bytes) => (sent += bytes));
    });
    const url = `http://127.0.0.1:${server.port}/`;
    // No deadline comes to its help: the answer is too large long before.
    const request = client.request({
      method: 'GET',
      url,
      allowHttp: true,
      maxBytes: 10_000,
      timeoutMs: 120_000,
    });
    await expect(request).rejects.toMatchObject({ reason: 'too-large' });
    await server.idle();
    // What lies in buffers of the system comes on top of what the client reads.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    await server.stop();
  });
});

function pour(socket: Socket, bytes: Buffer, count: (bytes: number) => void): void {
  const on = (): void => {
    let isOpen = true;
    while (isOpen && !socket.destroyed) {
      count(bytes.length);
      isOpen = socket.write(bytes);
    }
    if (!socket.destroyed) socket.once('drain', on);
  };
  on();
}

describe('names', () => {
  let names: NameServer;
  let resolve: ResolveName;
  const never = new AbortController().signal;

  beforeEach(async () => {
    names = await startNameServer();
    resolve = nameResolver({ servers: [names.address] });
  });
  afterEach(() => names.stop());

  it('whose server says nothing keep no other one waiting, and are let go at the deadline', async () => {
    const deadline = new AbortController();
    const waiting = Array.from({ length: 40 }, (_, index) => {
      names.addresses.set(`slow-${index}.example`, 'silent');
      return resolve(`slow-${index}.example`, deadline.signal);
    });
    names.addresses.set('quick.example', ['192.0.2.7', '192.0.2.8']);
    expect(await resolve('quick.example', never)).toEqual(['192.0.2.7', '192.0.2.8']);
    deadline.abort();
    for (const end of await Promise.allSettled(waiting)) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'ECANCELLED' } });
    }
  });

  it('that do not exist, and those without an address, are told apart from those that nobody knows', async () => {
    names.addresses.set('empty.example', []);
    await expect(resolve('none.example', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolve('empty.example', never)).rejects.toMatchObject({ code: 'ENODATA' });
    const client = new OutboundClient(new AddressRules([]), resolve);
    for (const host of ['none.example', 'empty.example', `${'a'.repeat(70)}.example`]) {
      const request = client.request({ method: 'GET', url: `https://${host}/` });
      await expect(request).rejects.toThrow(OutboundRefused);
    }
  });

  it('of the hosts file are found there, whatever a name server says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'credvault-hosts-'));
    const hostsFile = join(folder, 'hosts');
    writeFileSync(
      hostsFile,
      '# local\n192.0.2.1\tidp.example  IDP # 192.0.2.9 idp\n2001:db8::1 idp.example\nnonsense idp.example\n',
    );
    const local = nameResolver({ servers: [names.address], hostsFile });
    names.addresses.set('idp.example', ['192.0.2.66']);
    names.addresses.set('other.example', ['192.0.2.66']);
    expect(await local('IDP.example', never)).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(await local('idp', never)).toEqual(['192.0.2.1']);
    expect(names.asked).toEqual([]);
    expect(await local('other.example', never)).toEqual(['192.0.2.66']);
    rmSync(folder, { recursive: true });
  });

  it('are asked by a call as they are, and what they say is where it goes', async () => {
    const server: LocalServer = await serveHttp((_request, response) => response.end('here'));
    names.addresses.set('idp.example', ['127.0.0.1']);
    const client = new OutboundClient(new AddressRules(['127.0.0.1']), resolve);
    const url = `http://idp.example:${server.port}/`;
    expect(String((await client.request({ method: 'GET', url, allowHttp: true })).body)).toBe('here');
    await server.stop();
  });
});
