import { AddressRules } from './address-rules.js';
import { hostileAddresses, hostileUrls } from './hostile-addresses.fixture.js';
import { OutboundClient } from './outbound-client.js';
import { OutboundRefused } from './outbound.errors.js';
import { checkRequest, type OutboundRequest } from './outbound-request.js';

const hostile = Object.entries(hostileUrls).flatMap(([trick, urls]) => urls.map((url) => [trick, url]));
const ofHostiles = Object.entries(hostileAddresses)
  .filter(([what]) => what !== 'no address') // as a URL, `http://8.8.8/` is a public host
  .flatMap(([, list]) => list)
  .map((address) => (address.includes(':') ? `http://[${address}]/` : `http://${address}/`));

/** The reason of the refusal of a request; fails when it is not refused. */
function refusalOf(request: Partial<OutboundRequest>): string {
  try {
    checkRequest({ method: 'GET', url: 'https://example.com/', ...request });
  } catch (error) {
    if (error instanceof OutboundRefused) return error.reason;
    throw error;
  }
  throw new Error('not refused');
}

describe('a hostile URL', () => {
  const asked: string[] = [];
  const client = new OutboundClient(new AddressRules([]), (name) => {
    asked.push(name);
    return Promise.resolve(['127.0.0.1']);
  });

  it.each(hostile)('with %s is refused and no name is looked up: %j', async (_trick, url) => {
    await expect(client.request({ method: 'GET', url, allowHttp: true })).rejects.toThrow(OutboundRefused);
    expect(asked.splice(0)).toEqual([]);
  });

  it.each(ofHostiles)('of a hostile address is refused: %s', async (url) => {
    await expect(client.request({ method: 'GET', url, allowHttp: true })).rejects.toThrow(OutboundRefused);
  });

  it('is one of more than a hundred', () => {
    expect(hostile.length + ofHostiles.length).toBeGreaterThan(150);
  });
});

describe('the URL of a request', () => {
  it('may be http only when the caller says so', () => {
    expect(refusalOf({ url: 'http://example.com/' })).toBe('scheme');
    expect(refusalOf({ url: 'ftp://example.com/', allowHttp: true })).toBe('http-scheme');
    expect(checkRequest({ method: 'GET', url: 'http://example.com/', allowHttp: true }).host).toBe(
      'example.com',
    );
  });

  it('gives the host in its one spelling', () => {
    const host = (url: string) => checkRequest({ method: 'GET', url }).host;
    expect(host('https://ExAmple.COM:8443/')).toBe('example.com');
    expect(host('https://0x7f.1/')).toBe('127.0.0.1');
    expect(host('https://[0:0:0:0:0:0:0:1]/')).toBe('::1');
    expect(host('https://bücher.example/')).toBe('xn--bcher-kva.example');
  });
});

describe('a header of a request', () => {
  it.each([
    'Host',
    'Cookie',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Expect',
    'Accept-Encoding',
    'Proxy-Authorization',
    'na me',
    'name:',
    '',
    'a\r\nb',
  ])('named %j is refused', (name) => {
    expect(refusalOf({ headers: { [name]: 'x' } })).toBe('header');
  });

  it.each(['a\r\nHost: b', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', 'a\u{10d}\u{10a}b'])(
    'with the value %j is refused',
    (value) => expect(refusalOf({ headers: { 'x-note': value } })).toBe('header'),
  );

  it('goes through when nothing is wrong with it, and compression is never asked for', () => {
    const { headers } = checkRequest({
      method: 'GET',
      url: 'https://example.com/',
      headers: { Authorization: 'Bearer a b\tc', 'X-Note': 'caf\xe9', __proto__: 'x' },
    });
    expect(headers).toEqual({
      authorization: 'Bearer a b\tc',
      'x-note': 'caf\xe9',
      'accept-encoding': 'identity',
    });
  });

  it('is one of at most 64 in 16 KiB', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`x-${index}`, '']));
    expect(refusalOf({ headers: many })).toBe('too-large');
    expect(refusalOf({ headers: { 'x-long': 'a'.repeat(16 * 1024) } })).toBe('too-large');
  });
});

it('a body of more than 1 MiB is refused', () => {
  expect(refusalOf({ method: 'POST', body: 'é'.repeat(524_289) })).toBe('too-large');
  expect(checkRequest({ method: 'POST', url: 'https://a.example/', body: 'é' }).body).toHaveLength(2);
});
