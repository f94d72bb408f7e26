import dotenv from 'dotenv';
import type { ImportResultDto, ImportSecretsDto } from '../../apps/api/src/secrets/secret-transfer.dto.js';
import { realisticDotenv } from '../../apps/api/src/secrets/transfer/fixtures/realistic-dotenv.js';
import type { Reply } from '../support/client.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { type SecretAnswer, secretOf, vaultOf, type VaultAnswer } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';
import { trailOf } from './audit-trail.js';
import { jsonOf, type Pair, pairsOf } from './transfer-files.js';

type Format = ImportSecretsDto['format'];

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

/** Keys and values that a careless reader or writer changes, orders anew or loses. */
const awkward: Pair[] = [
  ['zebra', 'last in the alphabet, first in the file'],
  ['10', 'a number as key'],
  ['2', 'a smaller one after it'],
  ['__proto__', 'polluted?'],
  ['constructor', 'and this'],
  ['with space: and # marks', 'key'],
  ['empty', ''],
  ['null', 'null'],
  ['yes', 'no'],
  ['number', '0012.50e3'],
  ['date', '2026-01-15'],
  ['lines', 'one\ntwo\r\nthree\n\n'],
  ['trailing', 'spaces  '],
  ['tabs', '\t\tleading'],
  ['quotes', `'single' "double" \`back\``],
  ['backslashes', 'C:\\new\\table\\'],
  ['template', '${HOME} $(id) %PATH% {{x}}'],
  ['controls', '\u0001\u001b[31m\u007f\u0085'],
  ['separators', 'a\u2028b\u2029c\ufeff'],
  ['emoji 😀', '👩‍👩‍👧 e\u0301 é'],
  ['long', 'x'.repeat(65_536)],
];

describe('import and export', () => {
  it.each<Format>(['json', 'yaml'])('give the same map back in file order as %s', async (format) => {
    await importAll(jsonOf(awkward));
    expect(await stored()).toEqual(awkward);
    const file = expectStatus(await download(format), 200);
    expect(pairsOf(file.text)).toEqual(awkward);
    expect(file.headers['content-type']).toMatch(
      format === 'json' ? /^application\/json/ : /^application\/yaml/,
    );
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${vaultId}.${format}"`);
    expect(file.headers['cache-control']).toBe('no-store');

    vaultId = (await vaultOf(person)).id;
    await importAll(file.text, { format });
    expect(await stored()).toEqual(awkward);
    expect((await download(format)).text).toBe(file.text);
  });

  it('give a real .env file of 500 lines back', async () => {
    const { content, entries } = realisticDotenv();
    expect(content.split('\n').length).toBeGreaterThan(500);
    const result = await importAll(content, { format: 'dotenv' });
    expect(result.created).toBe(entries.length);
    const meant = Object.entries(dotenv.parse(content));
    expect(await stored()).toEqual(meant);
    const file = expectStatus(await download('dotenv'), 200);
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${vaultId}.env"`);
    expect(Object.entries(dotenv.parse(file.text))).toEqual(meant);
    expect(await importAll(file.text, { format: 'dotenv', onConflict: 'overwrite' })).toMatchObject({
      unchanged: entries.length,
      updated: 0,
    });
  });

  it('refuse as dotenv what dotenv cannot say, naming those keys and no value', async () => {
    await importAll(
      jsonOf([
        ['FINE', 'yes'],
        ['two words', 'a'],
        ['QUOTES', `'"\`\n# marks`],
        ['ALSO_FINE', 'a\nb'],
      ]),
    );
    const reply = expectStatus(await download('dotenv'), 409);
    const { details } = reply.json<{ error: { details: { path: string }[] } }>().error;
    expect(details.map(({ path }) => path)).toEqual(['two words', 'QUOTES']);
    expect(reply.text).not.toContain('marks');
    expect(reply.headers['content-disposition']).toBeUndefined();
    expectStatus(await download('json'), 200);
    expect(await trailOf(person, { type: 'secret.exported', resource: vaultId })).toHaveLength(1);
  });

  it('give an empty file for an empty vault', async () => {
    expect(pairsOf((await download('json')).text)).toEqual([]);
    expect(pairsOf((await download('yaml')).text)).toEqual([]);
    expect((await download('dotenv')).text).toBe('');
    expect(await importAll('{}')).toMatchObject({ created: 0, results: [] });
    for (const query of [undefined, { format: 'xml' }, { format: 'json', color: 'red' }]) {
      expectStatus(
        await person.client.get(
          `/vaults/${vaultId}/export`,
          query ? { query: query as Record<string, string> } : {},
        ),
        400,
      );
    }
  });

  it('take a type for what they make', async () => {
    await importAll('{"A": "1"}', { type: 'credential' });
    await importAll('{"A": "2", "B": "1"}', { type: 'json', onConflict: 'overwrite' });
    const reply = await person.client.get(`/vaults/${vaultId}/secrets`);
    expect(reply.data<SecretAnswer[]>().map(({ key, type }) => [key, type])).toEqual([
      ['A', 'credential'],
      ['B', 'json'],
    ]);
  });
});

describe('names that are taken', () => {
  const content = jsonOf([
    ['NEW_1', 'n'],
    ['SAME', 'old'],
    ['CHANGED', 'new'],
    ['NEW_2', 'n'],
  ]);
  const present: Pair[] = [
    ['SAME', 'old'],
    ['CHANGED', 'old'],
  ];
  beforeEach(async () => {
    for (const [key, value] of present) await secretOf(person, vaultId, { key, value });
  });
  const outcomes = ({ results }: ImportResultDto): string[] =>
    results.map(({ key, outcome }) => `${key} ${outcome}`);

  it('fail the whole import by default, which names them', async () => {
    for (const options of [{}, { onConflict: 'fail' as const }]) {
      const reply = expectStatus(await send(content, options), 409);
      const { details } = reply.json<{ error: { details: { path: string }[] } }>().error;
      expect(details.map(({ path }) => path)).toEqual(['SAME', 'CHANGED']);
    }
    expect(await stored()).toEqual(present);
  });

  it('are left alone with skip', async () => {
    const result = await importAll(content, { onConflict: 'skip' });
    expect(outcomes(result)).toEqual(['NEW_1 created', 'SAME skipped', 'CHANGED skipped', 'NEW_2 created']);
    expect(result).toMatchObject({
      created: 2,
      skipped: 2,
      updated: 0,
      unchanged: 0,
      conflicts: 0,
      dryRun: false,
    });
    expect(await stored()).toEqual([...present, ['NEW_1', 'n'], ['NEW_2', 'n']]);
  });

  it('get a new version with overwrite, unless the value is the same', async () => {
    const result = await importAll(content, { onConflict: 'overwrite' });
    expect(outcomes(result)).toEqual(['NEW_1 created', 'SAME unchanged', 'CHANGED updated', 'NEW_2 created']);
    expect(result.results.map(({ version }) => version)).toEqual([1, 1, 2, 1]);
    expect(await stored()).toEqual([
      ['SAME', 'old'],
      ['CHANGED', 'new'],
      ['NEW_1', 'n'],
      ['NEW_2', 'n'],
    ]);
    const [record] = await trailOf(person, { type: 'secret.imported', resource: vaultId });
    expect(record).toMatchObject({ details: { created: 2, updated: 1 }, vaultId });
    const written = result.results
      .filter(({ outcome }) => outcome !== 'unchanged')
      .map(({ secretId }) => secretId);
    expect([...(record?.resource?.ids ?? [])].sort()).toEqual([...written].sort());
  });

  it.each([
    ['fail', ['NEW_1 created', 'SAME conflict', 'CHANGED conflict', 'NEW_2 created']],
    ['skip', ['NEW_1 created', 'SAME skipped', 'CHANGED skipped', 'NEW_2 created']],
    ['overwrite', ['NEW_1 created', 'SAME unchanged', 'CHANGED updated', 'NEW_2 created']],
  ] as const)('are told by a dry run with %s, which changes nothing', async (onConflict, expected) => {
    const result = await importAll(content, { onConflict, dryRun: true });
    expect(outcomes(result)).toEqual(expected);
    expect(result.dryRun).toBe(true);
    expect(await stored()).toEqual(present);
    expect((await person.client.get(`/vaults/${vaultId}`)).data<VaultAnswer>().secretCount).toBe(2);
    expect(await trailOf(person, { type: 'secret.imported', resource: vaultId })).toEqual([]);
  });
});
