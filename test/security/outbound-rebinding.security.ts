import { AddressRules } from '@credvault/outbound/address-rules.js';
import { type LocalServer, serveHttp } from '@credvault/outbound/local-server.fixture.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { OutboundFailed, OutboundRefused } from '@credvault/outbound/outbound.errors.js';
import type { ResolveName } from '@credvault/outbound/resolve-name.js';

/** Stands for a public address: the tests must not leave the machine. */
const allowed = '127.0.0.2';
const publicAddress = '93.184.215.14';

/** Listens on 127.0.0.1 and must not be reached. */
let inner: LocalServer;
/** Listens on the allowed address, on the same port. */
let outer: LocalServer;
let hostsAsked: (string | undefined)[];

beforeEach(async () => {
  hostsAsked = [];
  inner = await serveHttp((_request, response) => response.end('inner'), '127.0.0.1');
  outer = await serveHttp((request, response) => {
    hostsAsked.push(request.headers.host);
    response.end('outer');
  }, allowed);
});
afterEach(async () => {
  await inner.stop();
  await outer.stop();
});

/** Answers with one list of addresses after the other, and then with the last again. */
function resolver(...answers: string[][]): { resolve: ResolveName; asked: string[] } {
  const asked: string[] = [];
  const resolve: ResolveName = (name) => {
    asked.push(name);
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1] ?? []);
  };
  return { resolve, asked };
}

/** What a call of a name at the port of a server ends with. */
async function call(client: OutboundClient, { port }: LocalServer): Promise<string> {
  const url = `http://rebind.example.test:${port}/`;
  const { body } = await client.request({ method: 'GET', url, allowHttp: true });
  return body.toString();
}

describe('a name that changes its address', () => {
  it('is looked up once a call, and the call goes to the address that was checked', async () => {
    const { resolve, asked } = resolver([allowed], ['127.0.0.1']);
    const client = new OutboundClient(new AddressRules([allowed]), resolve);
    expect(await call(client, outer)).toBe('outer');
    expect(asked).toEqual(['rebind.example.test']);
    expect(hostsAsked).toEqual([`rebind.example.test:${outer.port}`]);
  });

  it('is checked again at the next call: no connection and no answer of the resolver is kept', async () => {
    const { resolve, asked } = resolver([allowed], ['127.0.0.1']);
    const client = new OutboundClient(new AddressRules([allowed]), resolve);
    expect(await call(client, outer)).toBe('outer');
    await expect(call(client, outer)).rejects.toThrow(OutboundRefused);
    await expect(call(client, inner)).rejects.toThrow(OutboundRefused);
    expect([asked.length, outer.connections(), inner.connections()]).toEqual([3, 1, 0]);
  });

  it('in every round of a race never reaches the inner server', async () => {
    let turn = 0;
    const client = new OutboundClient(new AddressRules([allowed]), () =>
      Promise.resolve([(turn += 1) % 2 === 0 ? '127.0.0.1' : allowed]),
    );
    const ends = await Promise.allSettled(Array.from({ length: 40 }, () => call(client, inner)));
    // At the port of the inner server nobody listens on the allowed address: calls fail or are refused, none is answered.
    expect(ends.map(({ status }) => status)).not.toContain('fulfilled');
    expect(inner.connections()).toBe(0);
  });
});

describe('a name with several addresses', () => {
  it.each([
    [[publicAddress, '127.0.0.1']],
    [['127.0.0.1', publicAddress]],
    [['2606:4700:4700::1111', '::1']],
    [[publicAddress, '::ffff:127.0.0.1']],
    [[publicAddress, '169.254.169.254']],
    [[publicAddress, 'fe80::1%lo']],
    [[publicAddress, 'localhost']],
    [[publicAddress, '']],
    [[]],
  ])('is refused when one of them may not be called, or there is none: %j', async (addresses) => {
    const client = new OutboundClient(new AddressRules([]), resolver(addresses).resolve);
    const refusal: unknown = await call(client, inner).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(OutboundRefused);
    expect((refusal as OutboundRefused).reason).toBe('address');
    expect(inner.connections()).toBe(0);
  });

  it('is tried until one of them accepts, and never beyond them', async () => {
    const { resolve, asked } = resolver(['127.0.0.3', allowed], ['127.0.0.1']);
    const client = new OutboundClient(new AddressRules(['127.0.0.2/31']), resolve);
    expect(await call(client, outer)).toBe('outer');
    await expect(
      call(
        new OutboundClient(new AddressRules(['127.0.0.2/31']), () => Promise.resolve(['127.0.0.3', allowed])),
        inner,
      ),
    ).rejects.toThrow(OutboundFailed);
    expect([asked.length, inner.connections()]).toEqual([1, 0]);
  });
});

describe('a refusal', () => {
  it('reads the same for a private name, a metadata address and a name that does not exist', async () => {
    const missing: ResolveName = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    const resolvers = [resolver(['10.9.8.7']).resolve, resolver(['169.254.169.254']).resolve, missing];
    const told = await Promise.all(
      resolvers.map(async (resolve) => {
        const client = new OutboundClient(new AddressRules([]), resolve);
        const { code, message } = (await call(client, inner).catch(
          (error: unknown) => error,
        )) as OutboundRefused;
        return `${code} ${message}`;
      }),
    );
    expect(new Set(told).size).toBe(1);
    expect(told[0]).toMatch(/^BAD_REQUEST The host of this URL has no public address/);
    expect(told[0]).not.toMatch(/\d/);
  });
});

it('localhost is refused with the resolver of the system', async () => {
  const client = new OutboundClient(new AddressRules([]));
  const url = `http://localhost:${inner.port}/`;
  await expect(client.request({ method: 'GET', url, allowHttp: true })).rejects.toThrow(OutboundRefused);
  expect(inner.connections()).toBe(0);
});

describe('with the check switched off (negative control)', () => {
  const permitAll = { permits: () => true };

  it('the inner server is reached, by its name and by its address', async () => {
    const client = new OutboundClient(permitAll, resolver(['127.0.0.1']).resolve);
    expect(await call(client, inner)).toBe('inner');
    const url = `http://0x7f.1:${inner.port}/`;
    const { body } = await client.request({ method: 'GET', url, allowHttp: true });
    expect([body.toString(), inner.connections()]).toEqual(['inner', 2]);
  });
});
