import { request as httpRequest } from 'node:http';
import { Client, type Reply } from '../support/client.js';
import { apiKeyOf } from '../support/keys.js';
import { newAddress, signUp, type Person } from '../support/people.js';
import { projectOf } from '../support/projects.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let jane: Person;

beforeAll(async () => {
  service = await startTestService();
  jane = await signUp(service, 'Jane Developer');
});
afterAll(() => service?.stop());

function basic(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** Asks whatever is wanted, documented or not. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  raw?: string,
): Promise<Reply> {
  const client = new Client(service, { address: newAddress() });
  const options = { fromRoot: true, undocumented: true, headers, raw };
  return client.request(method, path, options);
}

describe('the cloud-style API', () => {
  it('answers the curl of its document, with a slash and without, with the fields of the example', async () => {
    const key = basic(jane.tokenId, jane.token);
    for (const path of ['/api/v2/users/me', '/api/v2/users/me/']) {
      const reply = await jane.client.get(path, { fromRoot: true, token: null, headers: key });
      expect(reply.status).toBe(200);
      expect(reply.body).toEqual({
        uid: jane.userId,
        email: jane.email,
        username: jane.email,
        name: 'Jane Developer',
        idp: 'credvault',
        hmac: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        is_superuser: true,
        status: 'active',
        organization_id: jane.organizationId,
        organization_roles: [{ organization_id: jane.organizationId, role_fqn: 'org_admin' }],
        project_roles: [],
      });
    }
    const again = await jane.client.get('/api/v2/users/me', { fromRoot: true });
    expect(again.status).toBe(200);
  });

  it('never redirects, and takes exactly one slash', async () => {
    const headers = { authorization: `Bearer ${jane.token}` };
    const statuses: number[] = [];
    for (const path of [
      '/api/v2/roles?',
      '/api/v2/roles/?',
      '/api/v2/roles//',
      '/api/v2//roles',
      '/api/v2/',
      '/api/v2',
    ])
      statuses.push((await ask('GET', path, headers)).status);
    expect(statuses).toEqual([200, 200, 404, 404, 404, 404]);
    // What v1 says of slashes stays as it was.
    expect((await ask('GET', '/api/v1/me/', headers)).status).toBe(404);
    expect((await ask('GET', '/v2/roles', headers)).status).toBe(404);
  });

  it('takes an absolute request target as well', async () => {
    const { hostname, port } = new URL(service.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const path = `${service.url}/api/v2/roles/`;
      const headers = { authorization: `Bearer ${jane.token}` };
      httpRequest({ hostname, port, path, headers }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it.each([
    ['GET', '/api/v2/users/me', {}, undefined, 401],
    ['GET', '/api/v2/users/me/', basic('tok_nobody', 'ck_live_nobody'), undefined, 401],
    ['GET', '/api/v2/users/me', { authorization: 'Bearer ck_live_nobody' }, undefined, 401],
    ['GET', '/api/v2/nothing/', {}, undefined, 404],
    ['GET', '/api/v2', {}, undefined, 404],
    ['GET', '/api/v2/%zz', {}, undefined, 400],
    ['GET', `/api/v2/organizations/${'x'.repeat(300)}`, {}, undefined, 400],
    ['DELETE', '/api/v2/roles/', {}, undefined, 405],
    ['PUT', '/api/v2/users/me/api-keys', { 'content-type': 'text/plain' }, 'a', 405],
  ])('%s %s is refused in its own shape', async (method, path, headers, raw, status) => {
    const reply = await ask(method, path, headers, raw);
    expect(reply.status).toBe(status);
    expect(reply.body).toEqual({ success: false, message: expect.any(String) as string });
    expect(reply.headers['x-request-id']).toMatch(/^req_/);
    if (status !== 401) return;
    expect(reply.headers['www-authenticate']).toMatch(/^Basic realm="credvault", charset="UTF-8"/);
  });

  it('knows nothing with a NUL in its name', async () => {
    const headers = basic(jane.tokenId, jane.token);
    const [organization, project] = [jane.organizationId, (await projectOf(jane)).id];
    for (const [method, path] of [
      ['GET', '/configurations/%00'],
      ['PUT', '/configurations/a%00b'],
      ['DELETE', `/organizations/${organization}/users/%00@example.com`],
      ['DELETE', `/projects/${project}/users/${jane.email}%00`],
    ] as const) {
      const reply = await ask(
        method,
        `/api/v2${path}`,
        headers,
        method === 'PUT' ? '{"value":1}' : undefined,
      );
      expect({ path, status: reply.status }).toEqual({ path, status: 404 });
    }
    for (const path of ['/projects/x/environments/%00', `/projects/${project}/environments/%00`])
      expect((await ask('GET', `/api/v1${path}`, headers)).status).toBe(404);
  });

  it('takes no list where it takes no body', async () => {
    const headers = basic(jane.tokenId, jane.token);
    expect((await ask('POST', '/api/v2/users/me/api-keys', headers, '[]')).status).toBe(400);
  });

  it('names what is wrong with an input by field', async () => {
    const body = { name: '', plan_type: 9, colour: 'red' };
    const reply = await jane.client.post('/api/v2/organizations/', body, { fromRoot: true });
    expect(reply.status).toBe(400);
    expect(reply.body).toEqual({
      success: false,
      message: expect.stringContaining('Invalid request body') as string,
      errors: {
        colour: [expect.stringContaining('unknown field')],
        name: expect.any(Array) as string[],
        plan_type: [expect.any(String)],
      },
    });
  });

  it('tells a program with an API key of v1 what it lacks', async () => {
    const key = await apiKeyOf(jane, { scopes: ['vault:read'] });
    const path = `/api/v2/organizations/${jane.organizationId}`;
    const reply = await key.client.request('PUT', path, { fromRoot: true, body: { name: 'Acme' } });
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({ success: false, errors: { scope: ['settings:modify'] } });
  });
});
