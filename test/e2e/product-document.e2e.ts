import { Client, type Reply } from '../support/client.js';
import { expectStatus, newAddress, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';

/** The REST API reference of the product, followed from top to bottom with its own requests. */
let service: TestService;
let person: Person;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service, 'Jane Developer');
});
afterAll(() => service.stop());

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const id = (prefix: string): string => expect.stringMatching(new RegExp(`^${prefix}_`)) as string;
const withFields = (fields: object): object => expect.objectContaining(fields) as object;

/** A request as the reference writes it, with the token in the header it names. */
function call(method: string, path: string, body?: object): Promise<Reply> {
  const headers = { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' };
  const caller = new Client(service, { address: person.address });
  return caller.request(
    method,
    path,
    body ? { body, headers } : { headers: { authorization: headers.authorization } },
  );
}

describe('the REST API reference', () => {
  it('is true from the first vault to the last error code', async () => {
    expect(person.token).toMatch(/^ck_live_/);

    expect(expectStatus(await call('GET', '/vaults'), 200).data()).toEqual([]);

    const created = expectStatus(
      await call('POST', '/vaults', { name: 'Staging', description: 'Staging environment secrets' }),
      201,
    );
    expect(created.body).toEqual({
      data: withFields({
        id: id('vlt'),
        name: 'Staging',
        description: 'Staging environment secrets',
        secretCount: 0,
        createdAt: time,
        updatedAt: time,
      }),
    });
    const vaultId = created.data<{ id: string }>().id;
    expect(expectStatus(await call('GET', `/vaults/${vaultId}`), 200).body).toEqual(created.body);

    const patch = { name: 'Production (US-East)', description: 'Updated description' };
    expect(expectStatus(await call('PATCH', `/vaults/${vaultId}`, patch), 200).data()).toMatchObject({
      id: vaultId,
      ...patch,
    });

    const stripe = {
      key: 'STRIPE_SECRET_KEY',
      value: 'sk_live_...',
      type: 'api_key',
      notes: 'Stripe production key',
    };
    const secret = expectStatus(await call('POST', `/vaults/${vaultId}/secrets`, stripe), 201);
    expect(secret.body).toEqual({
      data: withFields({
        id: id('sec'),
        key: 'STRIPE_SECRET_KEY',
        value: 'sk_live_...',
        type: 'api_key',
        createdAt: time,
        updatedAt: time,
      }),
    });
    const secretId = secret.data<{ id: string }>().id;

    const list = expectStatus(await call('GET', `/vaults/${vaultId}/secrets`), 200);
    expect(list.data()).toEqual([
      withFields({ id: secretId, key: 'STRIPE_SECRET_KEY', value: 'sk_live_...', type: 'api_key' }),
    ]);
    const one = expectStatus(await call('GET', `/vaults/${vaultId}/secrets/${secretId}`), 200);
    expect(one.data()).toMatchObject({ ...stripe, id: secretId, createdAt: time, updatedAt: time });

    const value = 'postgres://user:newpass@host:5432/db';
    expect(
      expectStatus(await call('PATCH', `/vaults/${vaultId}/secrets/${secretId}`, { value }), 200).data(),
    ).toMatchObject({ value, notes: stripe.notes });

    const vaults = expectStatus(await call('GET', '/vaults'), 200).data();
    expect(vaults).toEqual([withFields({ id: vaultId, secretCount: 1 })]);

    const me = expectStatus(await call('GET', '/me'), 200);
    expect(me.body).toEqual({
      data: {
        id: id('usr'),
        name: 'Jane Developer',
        email: person.email,
        plan: expect.any(String) as string,
        createdAt: time,
      },
    });

    const deleted = expectStatus(await call('DELETE', `/vaults/${vaultId}/secrets/${secretId}`), 204);
    expect(deleted.text).toBe('');
    expect(expectStatus(await call('DELETE', `/vaults/${vaultId}`), 204).text).toBe('');
    expectStatus(await call('GET', `/vaults/${vaultId}`), 404);
  });

  it('is true about errors', async () => {
    const { id: vaultId } = (await call('POST', '/vaults', { name: 'V' })).data<{ id: string }>();
    await call('POST', `/vaults/${vaultId}/secrets`, { key: 'K', value: 'v' });
    const code = ({ body }: Reply): unknown => (body as { error: { code: string } }).error.code;
    expect(code(expectStatus(await call('POST', '/vaults', {}), 400))).toBe('BAD_REQUEST');
    expect(code(expectStatus(await call('GET', '/vaults/vlt_8xK2mN'), 404))).toBe('NOT_FOUND');
    expect(
      code(expectStatus(await call('POST', `/vaults/${vaultId}/secrets`, { key: 'K', value: 'v' }), 409)),
    ).toBe('CONFLICT');
    const unknown = expectStatus(await new Client(service, { token: 'ck_live_abc123' }).get('/vaults'), 401);
    expect((unknown.body as { error: object }).error).toMatchObject({
      code: 'UNAUTHORIZED',
      message: 'Invalid or expired API token.',
    });
    expectStatus(await new Client(service, { address: newAddress() }).get('/vaults'), 401);
  });
});
