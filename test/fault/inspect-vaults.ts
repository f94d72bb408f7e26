import type { Findings } from './findings.ts';
import { isSameState, type LedgerEntry, type SecretState, type VaultLedger } from './ledger.ts';
import type { ApiClient, ApiSecret, SecretPage } from './service/api-client.ts';

/**
 * Reads a vault through the API and compares it with what its writer knows. Afterwards the ledger knows which of two
 * possible states came true.
 */
export async function inspectVault(
  client: ApiClient,
  ledger: VaultLedger,
  findings: Findings,
): Promise<void> {
  const path = `/vaults/${ledger.vaultId}`;
  const page = await client.send<SecretPage>('GET', `${path}/secrets`);
  if (page.status !== 200) {
    findings.unreadable.push(`the list of ${ledger.vaultId} answers ${page.status}`);
    return;
  }
  const stored = new Map(page.body.data.map((secret) => [secret.key, secret]));
  for (const [key, secret] of stored) {
    if (!ledger.entries.has(key))
      findings.lost.push(`${key} (${secret.id}) is there, but was deleted or never written`);
  }
  for (const entry of [...ledger.entries.values()]) settle(ledger, entry, stored.get(entry.key), findings);
  const vault = await client.call<{ data: { secretCount: number } }>('GET', path);
  if (vault.data.secretCount !== stored.size) {
    findings.half.push(`${ledger.vaultId} counts ${vault.data.secretCount} secrets and lists ${stored.size}`);
  }
  await readVersions(client, ledger, findings);
}

function settle(
  ledger: VaultLedger,
  entry: LedgerEntry,
  stored: ApiSecret | undefined,
  findings: Findings,
): void {
  const found: SecretState = stored ? { version: stored.version, value: stored.value ?? '' } : 'absent';
  if (!entry.states.some((state) => isSameState(state, found))) {
    findings.lost.push(
      `${entry.key} is ${describe(found)}, but should be ${entry.states.map(describe).join(' or ')}`,
    );
  }
  if (!stored) ledger.entries.delete(entry.key);
  else ledger.entries.set(entry.key, { key: entry.key, id: stored.id, states: [found] });
}

/** Versions cannot be compared with what was written, but each must decrypt to a value of its own secret. */
async function readVersions(client: ApiClient, ledger: VaultLedger, findings: Findings): Promise<void> {
  const secret = ledger.anyPresent();
  if (!secret) return;
  const [state] = secret.states;
  const newest = state === 'absent' ? 0 : state.version;
  for (let version = 1; version <= newest; version += 1) {
    const path = `/vaults/${ledger.vaultId}/secrets/${secret.id}/versions/${version}`;
    const answer = await client.send<{ data: ApiSecret }>('GET', path);
    const isRight =
      answer.status === 200 &&
      answer.body.data.value?.startsWith(`${secret.key}=`) === true &&
      answer.body.data.notes === `notes on ${secret.key}`;
    if (!isRight)
      findings.unreadable.push(
        `version ${version} of ${secret.key} answers ${answer.status} or another text`,
      );
  }
}

function describe(state: SecretState): string {
  return state === 'absent' ? 'absent' : `version ${state.version} (${state.value.slice(0, 24)}…)`;
}
