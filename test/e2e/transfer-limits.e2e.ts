import dotenv from 'dotenv';
import type { ImportResultDto, ImportSecretsDto } from '../../apps/api/src/secrets/secret-transfer.dto.js';
import type { Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { jsonOf, type Pair, pairsOf } from './transfer-files.js';

type Format = ImportSecretsDto['format'];

const mebibyte = 1024 * 1024;
let service: TestService;
let person: Person;
let vaultId: string;

beforeAll(async () => {
  service = await startTestService();
  person = await signUp(service);
});
beforeEach(async () => {
  vaultId = (await vaultOf(person)).id;
});
afterAll(() => service.stop());

function send(content: string, options: Partial<ImportSecretsDto> = {}): Promise<Reply> {
  return person.client.post(`/vaults/${vaultId}/import`, { format: 'json', content, ...options });
}

async function importAll(content: string, options: Partial<ImportSecretsDto> = {}): Promise<ImportResultDto> {
  return expectStatus(await send(content, options), 200).data<ImportResultDto>();
}

function download(format: string): Promise<Reply> {
  return person.client.get(`/vaults/${vaultId}/export`, { query: { format } });
}

/** What the vault holds, in the order in which it was made. */
async function stored(): Promise<Pair[]> {
  const reply = expectStatus(
    await person.client.get(`/vaults/${vaultId}/secrets`, { query: { limit: 1_000 } }),
    200,
  );
  return reply.data<SecretAnswer[]>().map(({ key, value }) => [key, String(value)]);
}

describe('content that cannot be imported', () => {
  it.each<[string, Format, string]>([
    ['no JSON', 'json', '{"A": "1", "B"'],
    ['an array', 'json', '["A"]'],
    ['a nested value', 'json', '{"A": "1", "B": {"C": "2"}}'],
    ['null', 'json', '{"A": "1", "B": null}'],
    ['a key twice', 'json', '{"A": "1", "A": "2"}'],
    ['a NUL', 'json', '{"A": "1", "B": "a\\u0000b"}'],
    ['half of a surrogate pair', 'json', '{"A": "1", "B": "\\ud800"}'],
    ['half of a surrogate pair in a key', 'json', '{"A": "1", "\\udc00": "x"}'],
    ['a NUL', 'yaml', 'A: "1"\nB: "a\\0b"\n'],
    ['half of a surrogate pair', 'yaml', 'A: "1"\nB: "\\ud800"\n'],
    ['a value over 64 KiB', 'yaml', `A: "1"\nB: ${'x'.repeat(65_537)}\n`],
    ['a nested value', 'yaml', 'A: "1"\nB:\n  C: 2\n'],
    ['two documents', 'yaml', 'A: "1"\n---\nB: "2"\n'],
    ['no mapping', 'yaml', '- A\n- B\n'],
    [
      'aliases that unfold',
      'yaml',
      `A: &a ${'x'.repeat(60_000)}\n${Array.from({ length: 200 }, (_, at) => `K${at}: *a\n`).join('')}`,
    ],
    ['a stray line', 'dotenv', 'A=1\nthis is no assignment\n'],
    ['an empty key', 'json', '{"A": "1", "": "x"}'],
    ['a key that is too long', 'json', `{"A": "1", "${'k'.repeat(256)}": "x"}`],
  ])('is refused whole for %s (%s)', async (_why, format, content) => {
    for (const dryRun of [true, false]) {
      const reply = expectStatus(await send(content, { format, dryRun }), 400);
      expect(reply.json<{ error: { details: unknown[] } }>().error.details).not.toEqual([]);
    }
    expect(await stored()).toEqual([]);
  });

  it('is refused for NUL and lone surrogates in the request itself', async () => {
    for (const escape of ['\\u0000', '\\ud800', '\\udc00x']) {
      const raw = `{"format":"dotenv","content":"A=1\\nB=${escape}"}`;
      expectStatus(await person.client.post(`/vaults/${vaultId}/import`, undefined, { raw }), 400);
    }
    expect(await stored()).toEqual([]);
  });

  it.each([
    [{ onConflict: 'merge' }],
    [{ dryRun: 'true' }],
    [{ format: 'toml' }],
    [{ type: 'x' }],
    [{ content: 5 }],
    [{ values: {} }],
  ])('is refused with %j', async (wrong) => {
    expectStatus(await send('{"A": "1"}', wrong as Partial<ImportSecretsDto>), 400);
    expect(await stored()).toEqual([]);
  });

  it('is refused for a vault that is not there', async () => {
    vaultId = 'vlt_01jd3k5m7n8p9q0r1s2t3v4w5x';
    expectStatus(await send('{"A": "1"}'), 404);
    expectStatus(await send('{"A": "1"}', { dryRun: true }), 404);
    expectStatus(await download('json'), 404);
  });
});

describe('sizes', () => {
  /** JSON of exactly so many bytes, in values of 60,000. */
  function jsonOfBytes(bytes: number, letter = 'x'): string {
    const pairs: Pair[] = [];
    for (let left = bytes - 2; left > 0;) {
      const overhead = 12 + (pairs.length > 0 ? 1 : 0);
      const size = Math.min(60_000, left - overhead);
      pairs.push([
        `K${String(pairs.length).padStart(6, '0')}`,
        letter.repeat(size / Buffer.byteLength(letter)),
      ]);
      left -= overhead + size;
    }
    return jsonOf(pairs);
  }

  it('go up to 8 MiB of content, not a byte more', async () => {
    const content = jsonOfBytes(8 * mebibyte);
    expect(Buffer.byteLength(content)).toBe(8 * mebibyte);
    expectStatus(await send(`${content} `), 400);
    expectStatus(await send(jsonOfBytes(8 * mebibyte + 2, 'é')), 400);
    expect((await person.client.get(`/vaults/${vaultId}`)).data<VaultAnswer>().secretCount).toBe(0);
    const { created } = await importAll(content);
    expect(created).toBeGreaterThan(130);
    expect((await download('json')).text.length).toBeGreaterThan(8 * mebibyte);
    expectStatus(await send('x'.repeat(17 * mebibyte)), 413);
  }, 60_000);

  it('go up to 10,000 secrets, in and out', async () => {
    const pairs = (count: number): Pair[] =>
      Array.from({ length: count }, (_, at) => [`KEY_${at}`, `value ${at}`]);
    expectStatus(await send(jsonOf(pairs(10_001))), 400);
    expect(await importAll(jsonOf(pairs(10_000)))).toMatchObject({ created: 10_000 });
    for (const format of ['json', 'yaml'])
      expect(pairsOf((await download(format)).text)).toEqual(pairs(10_000));
    expect(Object.entries(dotenv.parse((await download('dotenv')).text))).toEqual(pairs(10_000));
    const [record] = await trailOf(person, { type: 'secret.exported', resource: vaultId });
    expect(record?.resource?.ids).toHaveLength(10_000);
    await secretOf(person, vaultId, { key: 'ONE_MORE' });
    for (const format of ['json', 'yaml', 'dotenv']) expectStatus(await download(format), 409);
    expect(await trailOf(person, { type: 'secret.exported', resource: vaultId })).toHaveLength(3);
    expect((await person.client.get(`/vaults/${vaultId}`)).data<VaultAnswer>().secretCount).toBe(10_001);
  }, 60_000);
});
