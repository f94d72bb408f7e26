import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { SecretValue } from '@credvault/crypto/secret-value.js';
import type { Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, type SecretContent } from './secret-cipher.js';
import { SecretImportRepository, type SealedVersion } from './secret-import.repository.js';
import { ImportConflict, SecretNotFound } from './secrets.errors.js';
import type { SecretWithContent } from './secrets.repository.js';
import type { TransferEntry } from './transfer/transfer-entry.js';

/** Secrets encrypted and written in one go; other requests get their turn in between. */
const chunkSize = 500;

export type ConflictRule = 'fail' | 'skip' | 'overwrite';
export type ImportOutcome = 'created' | 'updated' | 'unchanged' | 'skipped' | 'conflict';

export interface ImportRequest {
  entries: TransferEntry[];
  onConflict: ConflictRule;
  dryRun: boolean;
  /** Type of the secrets that are made. */
  type: string;
}

/** What happened (or in a dry run: would happen) to each key, in the order of the file. */
export interface ImportResult {
  dryRun: boolean;
  results: { key: string; outcome: ImportOutcome; secretId: string | null; version: number | null }[];
}

interface Step {
  entry: TransferEntry;
  outcome: ImportOutcome;
  present?: SecretWithContent;
}

/** Imports many secrets, all of them or none. */
@Injectable()
export class SecretImportService {
  constructor(
    private readonly imports: SecretImportRepository,
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
  ) {}

  /** @throws VaultNotFound, ImportConflict */
  async import(
    vault: AuthorizedVault,
    request: ImportRequest,
    retry?: RetryKey,
  ): Promise<Outcome<ImportResult>> {
    if (request.dryRun) return { answer: await this.rehearse(vault, request), headers: {} };
    return this.idempotency.once(vault.actor, retry, {
      change: async (transaction) => {
        const id = newUuid();
        const answer = await this.write(transaction, vault, request);
        if (retry) await this.imports.insertResult(transaction, vault, id, answer);
        return { answer, status: 200, resourceId: id };
      },
      replay: (first) => this.replay(vault, first.resourceId),
    });
  }

  private async rehearse(vault: AuthorizedVault, request: ImportRequest): Promise<ImportResult> {
    await this.vaults.get(vault);
    const present = await this.imports.findByKeys(vault, keysOf(request));
    const steps = await this.plan(vault, request, present);
    this.auditLog.note(vault.actor, { type: 'secret.import_rehearsed', status: 200, vaultId: vault.id });
    const results = steps.map(({ entry, outcome, present: secret }) => ({
      key: entry.key,
      outcome,
      secretId: secret?.id ?? null,
      version: null,
    }));
    return { dryRun: true, results };
  }

  private async write(
    transaction: Transaction,
    vault: AuthorizedVault,
    request: ImportRequest,
  ): Promise<ImportResult> {
    const { keyVersion, maxVersions } = await this.vaults.lock(transaction, vault);
    const present = await this.imports.findByKeys(vault, keysOf(request), transaction);
    const steps = await this.plan(vault, request, present);
    const conflicts = steps.filter(({ outcome }) => outcome === 'conflict').map(({ entry }) => entry.key);
    if (conflicts.length > 0) throw new ImportConflict(conflicts);
    const written = new Map<string, SealedVersion>();
    const at = new Date();
    for (const chunk of chunksOf(steps, chunkSize)) {
      const rows = await this.sealAll(vault, keyVersion, chunk);
      const isNew = (row: SealedVersion): boolean => row.version === 1;
      await this.imports.insert(transaction, vault, rows.filter(isNew), request.type, at);
      await this.imports.addVersions(
        transaction,
        vault,
        rows.filter((row) => !isNew(row)),
        maxVersions,
        at,
      );
      for (const row of rows) written.set(row.key, row);
      await nextTurn();
    }
    const created = steps.filter(({ outcome }) => outcome === 'created').length;
    await this.vaults.countSecrets(transaction, vault, created);
    await this.record(transaction, vault, written, created);
    return { dryRun: false, results: steps.map((step) => resultOf(step, written.get(step.entry.key))) };
  }

  /** Decides what is to happen to each key. Who may not read is not told that a value is the same: it is overwritten. */
  private async plan(
    vault: AuthorizedVault,
    request: ImportRequest,
    present: Map<string, SecretWithContent>,
  ): Promise<Step[]> {
    const steps: Step[] = [];
    for (const entry of request.entries) {
      const secret = present.get(entry.key);
      if (!secret) steps.push({ entry, outcome: 'created' });
      else if (request.onConflict === 'fail') steps.push({ entry, outcome: 'conflict', present: secret });
      else if (request.onConflict === 'skip') steps.push({ entry, outcome: 'skipped', present: secret });
      else {
        const same = vault.allows('secret:read') && (await this.holds(vault, secret, entry.value));
        steps.push({ entry, outcome: same ? 'unchanged' : 'updated', present: secret });
      }
      if (steps.length % chunkSize === 0) await nextTurn();
    }
    return steps;
  }

  private async holds(vault: AuthorizedVault, secret: SecretWithContent, value: string): Promise<boolean> {
    const at = { secretId: secret.id, version: secret.version };
    return (await this.cipher.openValue(vault, at, secret)).reveal() === value;
  }

  private async sealAll(vault: AuthorizedVault, keyVersion: number, steps: Step[]): Promise<SealedVersion[]> {
    const rows: SealedVersion[] = [];
    for (const { entry, outcome, present } of steps) {
      if (outcome !== 'created' && outcome !== 'updated') continue;
      const at = present
        ? { secretId: present.id, version: present.version + 1 }
        : { secretId: newUuid(), version: 1 };
      const content: SecretContent = {
        value: SecretValue.of(entry.value),
        notes: present
          ? (await this.cipher.open(vault, { ...at, version: present.version }, present)).notes
          : null,
      };
      rows.push({ ...at, key: entry.key, sealed: await this.cipher.seal(vault, keyVersion, at, content) });
    }
    return rows;
  }

  private record(
    transaction: Transaction,
    vault: AuthorizedVault,
    written: Map<string, SealedVersion>,
    created: number,
  ): Promise<void> {
    return this.auditLog.recordChange(transaction, vault.actor, {
      type: 'secret.imported',
      status: 200,
      resourceType: 'secret',
      resourceIds: [...written.values()].map((row) => row.secretId),
      vaultId: vault.id,
      details: { created, updated: written.size - created },
    });
  }

  private async replay(vault: AuthorizedVault, id: string): Promise<ImportResult> {
    const stored = await this.imports.findResult<ImportResult>(vault, id);
    if (!stored) throw new SecretNotFound();
    if (vault.allows('secret:read')) return stored;
    const results = stored.results.map((result) =>
      result.outcome === 'unchanged' ? { ...result, outcome: 'updated' as const } : result,
    );
    return { ...stored, results };
  }
}

function keysOf({ entries }: ImportRequest): string[] {
  return entries.map(({ key }) => key);
}

function resultOf(
  { entry, outcome, present }: Step,
  row: SealedVersion | undefined,
): ImportResult['results'][number] {
  const secretId = row?.secretId ?? present?.id ?? null;
  return { key: entry.key, outcome, secretId, version: row?.version ?? present?.version ?? null };
}

function chunksOf<T>(items: T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
