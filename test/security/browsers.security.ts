import { expectStatus, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
afterAll(() => service.stop());

describe('browsers', () => {
  it('reach the service under its own names only', async () => {
    for (const host of [
      'evil.example.com',
      'localhost.evil.com',
      '127.0.0.1.nip.io',
      '169.254.169.254',
      'a b',
    ]) {
      const reply = await person.client.get('/me', { headers: { host }, undocumented: true });
      expect([host, reply.status]).toEqual([host, 400]);
    }
    for (const host of ['localhost', 'LOCALHOST:99', '127.0.0.1:1', '[::1]:3000'])
      expectStatus(await person.client.get('/me', { headers: { host } }), 200);
    expectStatus(
      await person.client.get('/me', {
        headers: { 'x-forwarded-host': 'evil.example.com' },
        undocumented: true,
      }),
      400,
    );
  });

  it('get no CORS unless an origin was named', async () => {
    const headers = { origin: 'https://app.example.com' };
    const reply = await person.client.get('/me', { headers });
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await person.client.request('OPTIONS', '/me', {
      headers: { ...headers, 'access-control-request-method': 'GET' },
      undocumented: true,
    });
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('browsers of a named origin', () => {
  it("may call, without cookies, and nobody else's may", async () => {
    const friendly = await startTestService({
      environment: { CREDVAULT_CORS_ORIGINS: 'https://app.example.com' },
    });
    try {
      const friend = await signUp(friendly);
      const reply = expectStatus(
        await friend.client.get('/me', { headers: { origin: 'https://app.example.com' } }),
        200,
      );
      expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.com');
      expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
      for (const name of [
        'Location',
        'Link',
        'ETag',
        'RateLimit',
        'Retry-After',
        'WWW-Authenticate',
        'X-Request-Id',
      ]) {
        expect(reply.headers['access-control-expose-headers']).toContain(name);
      }
      const stranger = await friend.client.get('/me', { headers: { origin: 'https://evil.example.com' } });
      expect(stranger.headers['access-control-allow-origin']).toBeUndefined();
      const preflight = {
        origin: 'https://app.example.com',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      };
      const answer = expectStatus(
        await friend.client.request('OPTIONS', '/me', { headers: preflight, undocumented: true }),
        204,
      );
      expect(answer.headers['access-control-allow-methods']).toContain('PATCH');
    } finally {
      await friendly.stop();
    }
  });
});
