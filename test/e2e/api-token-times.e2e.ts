import type { ApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import { expectStatus, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import type { Wire } from '../support/wire.js';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('a personal token that is paused or resumed', () => {
  it.each(['pause', 'resume'])('by %s is answered as it is stored, at first and again', async (verb) => {
    const { sessionClient, tokenId } = await signUp(service);
    const path = `/api-tokens/${tokenId}`;
    if (verb === 'resume') expectStatus(await sessionClient.post(`${path}/pause`), 200);
    const headers = { 'idempotency-key': 'once' };
    const before = (await sessionClient.get(path)).data<Wire<ApiTokenDto>>();
    const first = expectStatus(await sessionClient.post(`${path}/${verb}`, undefined, { headers }), 200);
    const stored = expectStatus(await sessionClient.get(path), 200);
    const again = expectStatus(await sessionClient.post(`${path}/${verb}`, undefined, { headers }), 200);
    expect(first.data<Wire<ApiTokenDto>>().updatedAt).not.toBe(before.updatedAt);
    expect(first.data()).toEqual(stored.data());
    expect(again.data()).toEqual(stored.data());
    expect([first.headers['etag'], again.headers['etag']]).toEqual([
      stored.headers['etag'],
      stored.headers['etag'],
    ]);
  });
});

describe('the end of a personal token', () => {
  it.each([
    ['9999-12-31T23:59:59Z', 201],
    ['9999-12-31T23:59:59-00:01', 400],
    ['9999-12-31T23:59:59-23:59', 400],
  ])('%s is answered with %d', async (expiresAt, status) => {
    const { sessionClient } = await signUp(service);
    expectStatus(await sessionClient.post('/api-tokens', { name: 'Far', expiresAt }), status);
  });
});
