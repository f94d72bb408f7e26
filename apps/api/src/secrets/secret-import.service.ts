import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { SecretValue } from '@credvault/crypto/secret-value.js';
import type { Transaction } from '@credvault/database/database.js';
import { TableStatistics } from '@credvault/database/table-statistics.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { retryAfterRotation, SecretCipher, type VersionPlace } from './secret-cipher.js';
import {
  SecretImportRepository,
  type PresentSecret,
  type SealedVersion,
  type StoredVersion,
} from './secret-import.repository.js';
import { ImportConflict, SecretNotFound } from './secrets.errors.js';
import type { TransferEntry } from './transfer/transfer-entry.js';

/**
 * Secrets compared, encrypted and written in one go: with the largest values 6 MiB each of stored, new and sealed content.
 * Other requests get their turn in between.
 */
const chunkSize = 100;

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
  present?: PresentSecret;
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
    private readonly statistics: TableStatistics,
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
    const steps = plan(request, await this.imports.findByKeys(vault, keysOf(request)));
    if (vault.allows('secret:read')) {
      for (const chunk of chunksOf(steps, chunkSize)) {
        await retryAfterRotation(() => this.compare(vault, chunk));
        await nextTurn();
      }
    }
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
    const steps = plan(request, await this.imports.findByKeys(vault, keysOf(request), transaction));
    const conflicts = steps.filter(({ outcome }) => outcome === 'conflict').map(({ entry }) => entry.key);
    if (conflicts.length > 0) throw new ImportConflict(conflicts);
    const written = new Map<string, VersionPlace>();
    const at = new Date();
    for (const chunk of chunksOf(steps, chunkSize)) {
      const rows = await this.sealAll(transaction, vault, keyVersion, chunk);
      const isNew = (row: SealedVersion): boolean => row.version === 1;
      await this.imports.insert(transaction, vault, rows.filter(isNew), request.type, at);
      const further = rows.filter((row) => !isNew(row));
      await this.imports.addVersions(transaction, vault, further, maxVersions, at);
      for (const { key, secretId, version } of rows) written.set(key, { secretId, version });
      await nextTurn();
    }
    const created = steps.filter(({ outcome }) => outcome === 'created').length;
    await this.vaults.countSecrets(transaction, vault, created);
    transaction.afterCommit(() => this.statistics.noteChanges(written.size));
    await this.record(transaction, vault, written, created);
    return { dryRun: false, results: steps.map((step) => resultOf(step, written.get(step.entry.key))) };
  }

  /**
   * Marks the updates whose value is there already as unchanged, and gives back what all of them would replace, by secret
   * id. Who may not read is not told that a value is the same: it is overwritten.
   */
  private async compare(
    vault: AuthorizedVault,
    steps: Step[],
    transaction?: Transaction,
  ): Promise<Map<string, StoredVersion>> {
    const updates = steps.filter(({ outcome }) => outcome === 'updated');
    const secrets = updates.flatMap(({ present }) => present ?? []);
    const contents = await this.imports.findContents(vault, secrets, transaction);
    if (!vault.allows('secret:read')) return contents;
    for (const step of updates) {
      const stored = step.present && contents.get(step.present.id);
      if (!stored) continue;
      const value = await this.cipher.openValue(vault, stored, stored, transaction);
      if (value.reveal() === step.entry.value) step.outcome = 'unchanged';
    }
    return contents;
  }

  private async sealAll(
    transaction: Transaction,
    vault: AuthorizedVault,
    keyVersion: number,
    steps: Step[],
  ): Promise<SealedVersion[]> {
    const contents = await this.compare(vault, steps, transaction);
    const rows: SealedVersion[] = [];
    for (const { entry, outcome, present } of steps) {
      if (outcome !== 'created' && outcome !== 'updated') continue;
      const at = present
        ? { secretId: present.id, version: present.version + 1 }
        : { secretId: newUuid(), version: 1 };
      const notes = present ? await this.notesOf(transaction, vault, contents.get(present.id)) : null;
      const content = { value: SecretValue.of(entry.value), notes };
      const sealed = await this.cipher.seal(vault, keyVersion, at, content, transaction);
      rows.push({ ...at, key: entry.key, sealed });
    }
    return rows;
  }

  /** The notes of the version that an update replaces: it keeps them. */
  private async notesOf(
    transaction: Transaction,
    vault: AuthorizedVault,
    stored: StoredVersion | undefined,
  ): Promise<SecretValue | null> {
    if (!stored) throw new Error('A secret has no row for its current version.');
    return stored.notes && (await this.cipher.open(vault, stored, stored, transaction)).notes;
  }

  private record(
    transaction: Transaction,
    vault: AuthorizedVault,
    written: Map<string, VersionPlace>,
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

/** Decides what is to happen to each key. That a present value may be the same, `compare` finds out. */
function plan({ entries, onConflict }: ImportRequest, secrets: Map<string, PresentSecret>): Step[] {
  const whenPresent = ({ fail: 'conflict', skip: 'skipped', overwrite: 'updated' } as const)[onConflict];
  return entries.map((entry) => {
    const present = secrets.get(entry.key);
    return { entry, outcome: present ? whenPresent : 'created', present };
  });
}

function keysOf({ entries }: ImportRequest): string[] {
  return entries.map(({ key }) => key);
}

function resultOf(
  { entry, outcome, present }: Step,
  row: VersionPlace | undefined,
): ImportResult['results'][number] {
  const secretId = row?.secretId ?? present?.id ?? null;
  return { key: entry.key, outcome, secretId, version: row?.version ?? present?.version ?? null };
}

function chunksOf<T>(items: T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
