import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { Client } from '../support/client.js';
import { newAddress, type Person, signUp } from '../support/people.js';
import { startTestService, type TestService } from '../support/service.js';
import { breakEverything, canaries, type Tour, useEverything } from './canary-tour.js';

let service: TestService;
let person: Person;
let tour: Tour;

beforeAll(async () => {
  service = await startTestService({ environment: { LOG_LEVEL: 'trace' } });
  person = await signUp(service);
  tour = await useEverything(person);
  await breakEverything(person, tour);
  await new Promise((resolve) => setTimeout(resolve, 300));
}, 60_000);
afterAll(() => service.stop());

const everySecret = (): string[] => [...Object.values(canaries), ...tour.tokens, person.password];

/** The ways in which a text may lie somewhere: as it is, escaped, or encoded. */
function guises(text: string): string[] {
  const bytes = Buffer.from(text);
  return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), encodeURIComponent(text)];
}

/** Which of the texts a haystack holds, in any guise. */
function found(haystack: string): string[] {
  const lowered = haystack.toLowerCase();
  return everySecret().filter((text) => guises(text).some((guise) => lowered.includes(guise.toLowerCase())));
}

/** Every row of every table as text, in which bytes stand in hexadecimal, and its bytes read as text. */
async function databaseText(): Promise<Map<string, string>> {
  const tables = await service.database.rows<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const dumps = tables.map(async ({ name }): Promise<[string, string]> => {
    const rows = await service.database.rows<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    return [name, rows.map(({ row }) => row).join('\n')];
  });
  return new Map(await Promise.all(dumps));
}

describe('secrets that passed through the whole service', () => {
  it('are in no line of the log', () => {
    expect(service.logs.length).toBeGreaterThan(60);
    expect(service.logs.some((line) => line.includes('request failed'))).toBe(true);
    expect(found(service.logs.join('\n'))).toEqual([]);
  });

  it('are in no error', () => {
    expect(tour.refusals.length).toBeGreaterThan(40);
    for (const { text, headers } of tour.refusals) expect(found(text + JSON.stringify(headers))).toEqual([]);
  });

  it('are in no column of any table', async () => {
    const dump = await databaseText();
    expect([...dump.keys()]).toEqual(
      expect.arrayContaining(['public.secret_versions', 'public.idempotency_keys', 'public.secret_imports']),
    );
    expect([...dump.keys()].some((name) => name.startsWith('public.audit_events_'))).toBe(true);
    for (const table of [
      'users',
      'sessions',
      'api_tokens',
      'secret_versions',
      'idempotency_keys',
      'secret_imports',
      'refresh_tokens',
      'account_links',
    ]) {
      expect([table, dump.get(`public.${table}`)]).not.toEqual([table, '']);
    }
    for (const [table, text] of dump) expect([table, found(text)]).toEqual([table, []]);
  });

  it('are in no answer of the trail, nor in the metrics of a request', async () => {
    const [row] = await service.database.rows<{ trail: string }>(
      `SELECT json_agg(e)::text AS trail FROM audit_events e`,
    );
    expect(row?.trail.length).toBeGreaterThan(1_000);
    expect(found(row?.trail ?? '')).toEqual([]);
  });
});

describe('these checks', () => {
  it.each([
    ['as text', (text: string) => text],
    ['as bytes', (text: string) => `\\x${Buffer.from(text).toString('hex')}`],
    ['as base64', (text: string) => Buffer.from(text).toString('base64')],
    ['in JSON in a URL', (text: string) => encodeURIComponent(JSON.stringify({ text }))],
  ])('would find a value that was written down %s', (_how, write) => {
    for (const text of everySecret()) expect(found(`before ${write(text)} after`)).toContain(text);
  });

  it('would find a value in a table, as text and as bytes', async () => {
    await service.database.rows(`CREATE TABLE planted (note text, data bytea, list jsonb)`);
    for (const [column, value] of [
      ['note', canaries.value],
      ['data', Buffer.from(`xx${canaries.notes}xx`)],
      ['list', JSON.stringify([{ deep: person.token }])],
    ] as const) {
      await service.database.rows(`INSERT INTO planted (${column}) VALUES ($1)`, [value]);
    }
    expect(found((await databaseText()).get('public.planted') ?? '').sort()).toEqual(
      [canaries.value, canaries.notes, person.token].sort(),
    );
    await service.database.rows(`DROP TABLE planted`);
  });

  it('would find a value in the log', () => {
    const from = service.logs.length;
    service.runtime.logger.warn({ body: { value: canaries.value } }, 'planted');
    expect(found(service.logs.slice(from).join('\n'))).toEqual([canaries.value]);
  });

  it('know that a reveal does hold it', async () => {
    const visitor = await new Client(service, { address: newAddress() }).post('/auth/login', {
      email: person.email,
      password: canaries.newPassword,
    });
    const { accessToken } = visitor.data<SessionTokensDto>();
    expect(
      found(
        (
          await person.client.get(`/vaults/${tour.vault.id}/secrets/${tour.secret.id}`, {
            token: accessToken,
          })
        ).text,
      ),
    ).toContain(canaries.value);
  });
});
