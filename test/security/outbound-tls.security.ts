import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { AddressRules } from '@credvault/outbound/address-rules.js';
import { type LocalServer, serveHttp, serveHttps } from '@credvault/outbound/local-server.fixture.js';
import { OutboundClient } from '@credvault/outbound/outbound-client.js';
import { OutboundFailed } from '@credvault/outbound/outbound.errors.js';
import { testCertificate, testServerName } from '@credvault/outbound/test-certificate.fixture.js';

const client = new OutboundClient(new AddressRules(['127.0.0.1']), () => Promise.resolve(['127.0.0.1']));
const usual = getCACertificates('default');
const names: string[] = [];
const requests: (string | undefined)[] = [];
let server: LocalServer;

beforeAll(async () => {
  server = await serveHttps(
    (request, response) => {
      requests.push(request.headers.host);
      response.end('secure');
    },
    (name) => names.push(name),
  );
});
beforeEach(() => {
  names.length = 0;
  requests.length = 0;
  setDefaultCACertificates([...usual, testCertificate]);
});
afterEach(() => setDefaultCACertificates(usual));
afterAll(() => server.stop());

async function get(url: string): Promise<string> {
  return (await client.request({ method: 'GET', url })).body.toString();
}

/** Expects that the certificate was not believed, and that nothing of the request was sent. */
async function expectDistrusted(url: string): Promise<void> {
  const error: unknown = await get(url).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OutboundFailed);
  expect((error as OutboundFailed).reason).toBe('certificate');
  expect(requests).toEqual([]);
}

it('an address that was checked is asked for the name, in SNI and Host, and its certificate must be of the name', async () => {
  expect(await get(`https://${testServerName}:${server.port}/`)).toBe('secure');
  expect([names, requests]).toEqual([[testServerName], [`${testServerName}:${server.port}`]]);
});

it('a certificate of another name is refused', async () => {
  await expectDistrusted(`https://other.example.test:${server.port}/`);
  expect(names).toEqual(['other.example.test']);
});

it('a certificate that does not hold the address is refused, when the URL gives an address', async () => {
  await expectDistrusted(`https://127.0.0.1:${server.port}/`);
  expect(names).toEqual([]);
});

it('a certificate that nobody trusts is refused', async () => {
  setDefaultCACertificates(usual);
  await expectDistrusted(`https://${testServerName}:${server.port}/`);
});

it('a certificate that nobody trusts is refused even when the environment says to trust all', async () => {
  setDefaultCACertificates(usual);
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  try {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    await expectDistrusted(`https://${testServerName}:${server.port}/`);
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  }
});

it('a certificate that was believed once is checked again: no session is resumed', async () => {
  expect(await get(`https://${testServerName}:${server.port}/`)).toBe('secure');
  requests.length = 0;
  setDefaultCACertificates(usual);
  await expectDistrusted(`https://${testServerName}:${server.port}/`);
});

it('a server without TLS at an https URL fails, and hears no HTTP', async () => {
  let heard = 0;
  const plain = await serveHttp((_request, response) => {
    heard += 1;
    response.end();
  });
  try {
    await expect(get(`https://${testServerName}:${plain.port}/`)).rejects.toThrow(OutboundFailed);
    expect(heard).toBe(0);
  } finally {
    await plain.stop();
  }
});
