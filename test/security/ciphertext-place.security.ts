import { uuidOf } from '@credvault/database/typed-id.js';
import { expectStatus, type Person, signUp } from '../support/people.js';
import { secretOf, vaultOf } from '../support/fixtures.js';
import { startTestService, type TestService } from '../support/service.js';

/** Where one ciphertext lies: a version of a secret, and which of its texts. */
interface Place {
  secret: string;
  version: number;
  field: 'value' | 'notes';
}

const plaintexts = [
  'value one',
  'notes one',
  'value two',
  'notes two',
  'other value',
  'other notes',
  'neighbour value',
  'stranger value',
];
let service: TestService;
let person: Person;
let stranger: Person;
let vault: string;
let secret: string;
let sibling: string;
let neighbour: string;
let foreign: string;

beforeAll(async () => {
  service = await startTestService();
  [person, stranger] = [await signUp(service), await signUp(service)];
});
beforeEach(async () => {
  vault = (await vaultOf(person)).id;
  secret = (await secretOf(person, vault, { value: 'value one', notes: 'notes one' })).id;
  expectStatus(
    await person.client.patch(`/vaults/${vault}/secrets/${secret}`, {
      value: 'value two',
      notes: 'notes two',
    }),
    200,
  );
  sibling = (await secretOf(person, vault, { value: 'other value', notes: 'other notes' })).id;
  neighbour = (await secretOf(person, (await vaultOf(person)).id, { value: 'neighbour value', notes: 'x' }))
    .id;
  foreign = (await secretOf(stranger, (await vaultOf(stranger)).id, { value: 'stranger value', notes: 'x' }))
    .id;
});
afterAll(() => service.stop());

async function read({ secret: id, version, field }: Place): Promise<Buffer> {
  const [row] = await service.database.rows<{ text: Buffer }>(
    `SELECT ${field} AS text FROM secret_versions WHERE secret_id = $1 AND version = $2`,
    [uuidOf('secret', id), version],
  );
  if (!row) throw new Error('There is no such ciphertext.');
  return row.text;
}

async function write({ secret: id, version, field }: Place, text: Buffer): Promise<void> {
  await service.database.rows(
    `UPDATE secret_versions SET ${field} = $3 WHERE secret_id = $1 AND version = $2`,
    [uuidOf('secret', id), version, text],
  );
}

const here = (): Place => ({ secret, version: 2, field: 'value' });

/** No way of reading gives the secret away: every one that opens the ciphertext answers 500 without any plaintext. */
async function expectUnreadable(): Promise<void> {
  const base = `/vaults/${vault}`;
  const replies = [
    await person.client.get(`${base}/secrets/${secret}`),
    await person.client.get(`${base}/secrets/${secret}/versions/2`),
    await person.client.get(`${base}/secrets`),
    await person.client.get(`${base}/export`, { query: { format: 'dotenv' } }),
    await person.client.post(`${base}/secrets/${secret}/rollback`, { version: 2 }),
  ];
  for (const reply of replies) {
    expectStatus(reply, 500);
    expect(Object.keys(reply.json<{ error: object }>().error).sort()).toEqual([
      'code',
      'message',
      'requestId',
    ]);
    for (const text of plaintexts) expect(reply.text).not.toContain(text);
  }
  const streamed = await person.client.get(`${base}/export`, { query: { format: 'json' } }).then(
    ({ status, text }) => ({ status, text }),
    () => ({ status: 'cut off', text: '' }),
  );
  expect(streamed.status).not.toBe(200);
  for (const text of plaintexts) expect(streamed.text).not.toContain(text);
}

describe('a ciphertext', () => {
  it.each<[string, () => Place]>([
    ['another secret of the vault', () => ({ secret: sibling, version: 1, field: 'value' })],
    ['another version', () => ({ secret, version: 1, field: 'value' })],
    ['the notes of the same version', () => ({ secret, version: 2, field: 'notes' })],
    ['another vault', () => ({ secret: neighbour, version: 1, field: 'value' })],
    ['another tenant', () => ({ secret: foreign, version: 1, field: 'value' })],
  ])('that was moved here from %s does not open', async (_from, from) => {
    const original = await read(here());
    await write(here(), await read(from()));
    await expectUnreadable();
    await write(here(), original);
    const restored = await person.client.get(`/vaults/${vault}/secrets/${secret}`);
    expect(restored.data()).toMatchObject({ value: 'value two', notes: 'notes two' });
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['one bit of its text', (bytes) => flip(bytes, bytes.length - 17)],
    ['one bit of its tag', (bytes) => flip(bytes, bytes.length - 1)],
    ['one bit of its IV', (bytes) => flip(bytes, 5)],
    ['its format', (bytes) => flip(bytes, 0)],
    ['its key version', (bytes) => flip(bytes, 4)],
    ['its length', (bytes) => bytes.subarray(0, -1)],
    ['its tag, shortened to four bytes', (bytes) => bytes.subarray(0, -12)],
    ['all of it', () => Buffer.alloc(0)],
  ])('does not open with %s changed', async (_what, change) => {
    await write(here(), change(await read(here())));
    await expectUnreadable();
  });

  it('does not open when its row claims another version, secret or vault', async () => {
    const id = uuidOf('secret', secret);
    await service.database.rows(`DELETE FROM secret_versions WHERE secret_id = $1 AND version = 1`, [id]);
    await service.database.rows(
      `UPDATE secret_versions SET version = 1 WHERE secret_id = $1 AND version = 2`,
      [id],
    );
    await service.database.rows(`UPDATE secrets SET current_version = 1 WHERE id = $1`, [id]);
    expectStatus(await person.client.get(`/vaults/${vault}/secrets/${secret}`), 500);
  });

  it('tells the log only that it did not open', async () => {
    await write(here(), await read({ secret: sibling, version: 1, field: 'value' }));
    const from = service.logs.length;
    expectStatus(await person.client.get(`/vaults/${vault}/secrets/${secret}`), 500);
    const log = service.logs.slice(from).join('\n');
    expect(log).toContain('DecryptionError');
    for (const text of plaintexts) expect(log).not.toContain(text);
  });

  it('is not the same twice for the same text', async () => {
    await person.client.patch(`/vaults/${vault}/secrets/${secret}`, { value: 'value two' });
    const [second, third] = [await read(here()), await read({ secret, version: 3, field: 'value' })];
    expect(second.subarray(5).equals(third.subarray(5))).toBe(false);
  });
});

describe('these checks', () => {
  it('would notice a ciphertext that opens: written back to its own place, it does', async () => {
    await write(here(), Buffer.from(await read(here())));
    const reply = expectStatus(await person.client.get(`/vaults/${vault}/secrets/${secret}`), 200);
    expect(reply.data()).toMatchObject({ value: 'value two' });
    await expect(expectUnreadable()).rejects.toThrow();
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
