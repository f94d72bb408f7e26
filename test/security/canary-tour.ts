import { AccountLinksService } from '../../apps/api/src/auth/account-links.service.js';
import type { MintedApiTokenDto } from '../../apps/api/src/api-tokens/api-token.dto.js';
import type { SessionTokensDto } from '../../apps/api/src/auth/session.dto.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { Client, type Reply, type RequestOptions } from '../support/client.js';
import { expectStatus, newAddress, type Person } from '../support/people.js';
import { type SecretAnswer, type VaultAnswer, vaultOf } from '../support/fixtures.js';

/** Texts that may leave in the answer of a reveal and nowhere else, by what they are. */
export const canaries = {
  value: 'canary-value-7f3a9c21',
  secondValue: 'canary-value-51d0b7aa',
  notes: 'canary-notes-e2b84d10',
  importedValue: 'canary-import-93c6f0d4',
  refusedValue: 'canary-refused-1b7e55c9',
  wrongPassword: 'canary-password-ab40f2e8',
  newPassword: 'canary-new-password-0c9d6e71',
  wrongToken: 'ck_live_canarytoken5b1e8d07',
};

/** What one tour through the service met on its way. */
export interface Tour {
  vault: VaultAnswer;
  secret: SecretAnswer;
  /** Every token that was shown. */
  tokens: string[];
  /** Every answer that was an error. */
  refusals: Reply[];
}

/** Every operation, as it is meant to be used. */
export async function useEverything(person: Person): Promise<Tour> {
  const { client, sessionClient } = person;
  const { service } = client;
  const tokens = [person.token, person.session, person.refreshToken];
  const refusals: Reply[] = [];
  const visitor = new Client(service, { address: newAddress() });
  const links = service.app.get(AccountLinksService, { strict: false });
  const vault = await vaultOf(person);
  const at = `/vaults/${vault.id}`;
  const body = { key: 'CANARY', value: canaries.value, notes: canaries.notes };
  const retry = { headers: { 'idempotency-key': 'canary' } };
  const secret = expectStatus(await client.post(`${at}/secrets`, body, retry), 201).data<SecretAnswer>();
  expectStatus(await client.post(`${at}/secrets`, body, retry), 201);
  const one = `${at}/secrets/${secret.id}`;
  expectStatus(await client.patch(one, { value: canaries.secondValue }), 200);
  const content = JSON.stringify({ IMPORTED: canaries.importedValue });
  for (const options of [{ dryRun: true }, {}, { onConflict: 'overwrite' }]) {
    const headers = { 'idempotency-key': JSON.stringify(options) };
    expectStatus(
      await client.post(`${at}/import`, { format: 'json', content, ...options }, { headers }),
      200,
    );
  }
  for (const path of [
    '',
    '/secrets',
    `/secrets/${secret.id}`,
    `/secrets/${secret.id}/versions`,
    `/secrets/${secret.id}/versions/1`,
  ]) {
    expectStatus(await client.get(at + path), 200);
  }
  for (const format of ['json', 'yaml', 'dotenv'])
    expectStatus(await client.get(`${at}/export`, { query: { format } }), 200);
  expectStatus(await client.post(`${one}/rollback`, { version: 1 }, retry), 200);
  for (const path of ['/me', '/vaults', '/audit-events']) expectStatus(await client.get(path), 200);
  const minted = await sessionClient.post('/api-tokens', { name: 'Second' }, retry);
  const { id, token } = expectStatus(minted, 201).data<MintedApiTokenDto>();
  tokens.push(token);
  refusals.push(expectStatus(await sessionClient.post('/api-tokens', { name: 'Second' }, retry), 409));
  expectStatus(await sessionClient.post(`/api-tokens/${id}/pause`), 200);
  refusals.push(expectStatus(await visitor.get('/me', { token }), 401));
  expectStatus(await sessionClient.get('/api-tokens'), 200);
  const refreshed = await visitor.post('/auth/refresh', { refreshToken: person.refreshToken });
  const { accessToken, refreshToken } = expectStatus(refreshed, 200).data<SessionTokensDto>();
  tokens.push(accessToken, refreshToken);
  refusals.push(
    expectStatus(await visitor.post('/auth/refresh', { refreshToken: person.refreshToken }), 409),
  );
  tokens.push(
    (await links.issueInvitation('canary@example.com')).token,
    (await links.issueSetup(undefined)).token,
  );
  const reset = await service.database.transaction((transaction) =>
    links.issuePasswordReset(transaction, String(uuidOf('user', person.userId))),
  );
  tokens.push(reset.token);
  expectStatus(
    await visitor.post('/auth/password/reset', { token: reset.token, newPassword: canaries.newPassword }),
    204,
  );
  expectStatus(
    await visitor.post('/auth/login', { email: person.email, password: canaries.newPassword }),
    200,
  );
  return { vault, secret, tokens, refusals };
}

/** Every operation, with secrets where they do not belong, and with a database that fails. */
export async function breakEverything(person: Person, { vault, refusals }: Tour): Promise<void> {
  const { client } = person;
  const { service } = client;
  const at = `/vaults/${vault.id}`;
  const { refusedValue, wrongPassword, wrongToken } = canaries;
  const visitor = new Client(service, { address: newAddress() });
  const refuse = async (
    method: string,
    path: string,
    options: RequestOptions = {},
    by: Client = client,
  ): Promise<void> => {
    const reply = await by.request(method, path, { undocumented: true, ...options });
    expect([method, path, reply.status >= 400]).toEqual([method, path, true]);
    refusals.push(reply);
  };
  const bodies: unknown[] = [
    { key: 5, value: refusedValue },
    { key: 'K', value: [refusedValue] },
    { key: 'K', value: refusedValue, type: refusedValue },
    { key: 'CANARY', value: refusedValue },
    { key: 'K', value: refusedValue, notes: { deep: refusedValue } },
    { key: 'K', value: refusedValue.padEnd(70_000, 'x') },
    { key: `${refusedValue}\n`, value: refusedValue },
    [refusedValue],
    refusedValue,
  ];
  for (const body of bodies) await refuse('POST', `${at}/secrets`, { body });
  for (const raw of [
    `{"key":"K","value":"${refusedValue}"`,
    `{"value":"${refusedValue}","value":"x"}`,
    refusedValue,
    `{"v":"${refusedValue}\\u0000"}`,
  ]) {
    await refuse('POST', `${at}/secrets`, { raw });
  }
  for (const [format, content] of [
    ['json', `{"A": "${refusedValue}", "A": "x"}`],
    ['json', `{"A": "${refusedValue}`],
    ['json', `{"CANARY": "${refusedValue}"}`],
    ['yaml', `A: "${refusedValue}\n B: [`],
    ['yaml', `A: {B: ${refusedValue}}`],
    ['dotenv', `A=1\n${refusedValue}\n`],
  ]) {
    await refuse('POST', `${at}/import`, { body: { format, content } });
  }
  await refuse('POST', '/auth/login', { body: { email: person.email, password: wrongPassword } }, visitor);
  await refuse(
    'POST',
    '/auth/login',
    { body: { email: { wrongPassword }, password: wrongPassword } },
    visitor,
  );
  await refuse(
    'POST',
    '/auth/register',
    { body: { email: 'x', password: wrongPassword, name: 'x', setupToken: wrongToken } },
    visitor,
  );
  await refuse(
    'POST',
    '/auth/register',
    { body: { email: person.email, password: canaries.newPassword, name: 'x', setupToken: wrongToken } },
    visitor,
  );
  await refuse('POST', '/auth/refresh', { body: { refreshToken: wrongToken } }, visitor);
  await refuse(
    'POST',
    '/auth/password/reset',
    { body: { token: wrongToken, newPassword: canaries.newPassword } },
    visitor,
  );
  await refuse('GET', '/me', { token: wrongToken }, visitor);
  await refuse(
    'GET',
    '/me',
    { headers: { authorization: `Basic ${Buffer.from(`key:${wrongToken}`).toString('base64')}` } },
    visitor,
  );
  await refuse('GET', '/me', { headers: { authorization: wrongToken } }, visitor);
  await refuse(
    'GET',
    '/me',
    { headers: { cookie: `token=${wrongToken}`, 'x-api-key': wrongToken } },
    visitor,
  );
  await refuse('GET', `/me?access_token=${wrongToken}`, {}, visitor);
  await refuse('GET', `/vaults/${wrongToken}`);
  await refuse('GET', `/api-tokens/${wrongToken}`);
  await refuse('GET', `/vaults?cursor=${refusedValue}`);
  await refuse('GET', `/vaults?sort=name&limit=${refusedValue}`);
  await refuse('GET', `/${refusedValue}`);
  await refuse('GET', '/vaults', { headers: { host: `${refusedValue}.example.com` } });
  await refuse('PATCH', at, { body: { name: 'x' }, headers: { 'if-match': refusedValue } });
  await breakTheDatabase(person, vault, refuse);
}

/** Errors of the database quote rows and parameters; none of it may get out. */
async function breakTheDatabase(
  { client: { service } }: Person,
  vault: VaultAnswer,
  refuse: (method: string, path: string, options?: RequestOptions) => Promise<void>,
): Promise<void> {
  const { refusedValue, notes } = canaries;
  await service.database.rows(`CREATE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'row %', NEW USING ERRCODE = 'check_violation', DETAIL = NEW::text; END $$`);
  const at = `/vaults/${vault.id}`;
  for (const table of ['secret_versions', 'secrets', 'audit_events', 'idempotency_keys']) {
    await service.database.rows(
      `CREATE TRIGGER quote_row BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION quote_row()`,
    );
    const headers = { 'idempotency-key': `broken-${table}` };
    await refuse('POST', `${at}/secrets`, {
      body: { key: `NEW_${table}`, value: refusedValue, notes },
      headers,
    });
    await refuse('POST', `${at}/import`, {
      body: { format: 'json', content: `{"OTHER_${table}": "${refusedValue}"}` },
      headers,
    });
    await service.database.rows(`DROP TRIGGER quote_row ON ${table}`);
  }
}
