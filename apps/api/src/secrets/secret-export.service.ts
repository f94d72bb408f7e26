import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database } from '@credvault/database/database.js';
import type { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import { SecretCipher, retryAfterRotation } from './secret-cipher.js';
import { ExportInexpressible, ExportTooLarge } from './secrets.errors.js';
import { MAX_ENTRIES, type TransferEntry, type TransferFormat } from './transfer/transfer-entry.js';
import { inexpressibleKeys, TransferWriter } from './transfer/transfer-writer.js';

/** Secrets decrypted at once: with the largest values 6 MiB of plaintext. */
const batchSize = 100;

interface ExportRow {
  id: string;
  key: string;
  version: number;
}

interface ContentRow {
  id: string;
  keyVersion: number;
  value: Buffer;
}

/** A file to be sent. */
export interface SecretExport {
  stream: Readable;
  contentType: string;
  fileExtension: string;
}

const selectVersions = {
  name: 'select_export_versions',
  // Each row by its whole key: without statistics the planner would join the whole vault instead.
  text: `SELECT found.* FROM unnest($3::uuid[], $4::int[]) AS wanted (id, version), LATERAL (
      SELECT v.secret_id AS id, v.key_version AS "keyVersion", v.value FROM secret_versions v
      WHERE v.organization_id = $1 AND v.vault_id = $2 AND v.secret_id = wanted.id AND v.version = wanted.version
      LIMIT 1) AS found`,
};

/** Writes the secrets of a vault into a file. */
@Injectable()
export class SecretExportService {
  constructor(
    private readonly vaults: VaultsService,
    private readonly cipher: SecretCipher,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /**
   * Exports the current versions as they were at one moment, in the order in which the secrets were made. The stream starts
   * after the record that names all of them is durable; it breaks off, visibly, if one of them is deleted meanwhile.
   *
   * @throws VaultNotFound, ExportTooLarge, ExportInexpressible
   */
  async export(vault: AuthorizedVault, format: TransferFormat): Promise<SecretExport> {
    await this.vaults.get(vault);
    const rows = await this.listVersions(vault);
    const inexpressible: string[] = [];
    if (format === 'dotenv') {
      for await (const entries of this.entries(vault, rows))
        inexpressible.push(...inexpressibleKeys(format, entries));
    }
    if (inexpressible.length > 0) throw new ExportInexpressible(inexpressible);
    await this.auditLog.recordReveal(vault.actor, {
      type: 'secret.exported',
      status: 200,
      resourceType: 'secret',
      resourceIds: rows.map(({ id }) => id),
      vaultId: vault.id,
      details: { format },
    });
    const writer = new TransferWriter(format);
    const stream = Readable.from(this.write(writer, vault, rows), { objectMode: false });
    return { stream, contentType: writer.contentType, fileExtension: writer.fileExtension };
  }

  private async listVersions(vault: AuthorizedVault): Promise<ExportRow[]> {
    const rows = await this.database.rows<ExportRow>(
      `SELECT id, key, current_version AS version FROM secrets
       WHERE organization_id = $1 AND vault_id = $2 ORDER BY created_at, id LIMIT $3`,
      [vault.organizationId, vault.id, MAX_ENTRIES + 1],
    );
    if (rows.length > MAX_ENTRIES) throw new ExportTooLarge(MAX_ENTRIES);
    return rows;
  }

  private async *write(
    writer: TransferWriter,
    vault: AuthorizedVault,
    rows: ExportRow[],
  ): AsyncGenerator<string> {
    yield writer.begin();
    let index = 0;
    for await (const entries of this.entries(vault, rows)) {
      let text = '';
      for (const entry of entries) text += writer.entry(entry, index++);
      yield text;
    }
    yield writer.end();
  }

  private async *entries(vault: AuthorizedVault, rows: ExportRow[]): AsyncGenerator<TransferEntry[]> {
    for (let start = 0; start < rows.length; start += batchSize) {
      const batch = rows.slice(start, start + batchSize);
      yield await retryAfterRotation(() => this.open(vault, batch));
    }
  }

  private async open(vault: AuthorizedVault, batch: ExportRow[]): Promise<TransferEntry[]> {
    const found = await this.database.execute<ContentRow>(selectVersions, [
      vault.organizationId,
      vault.id,
      batch.map(({ id }) => id),
      batch.map(({ version }) => version),
    ]);
    const contents = new Map(found.map((row) => [row.id, row]));
    const entries: TransferEntry[] = [];
    for (const { id, key, version } of batch) {
      const content = contents.get(id);
      if (!content) throw new Error('A secret was deleted while it was being exported.');
      const value = await this.cipher.openValue(vault, { secretId: id, version }, content);
      entries.push({ key, value: value.reveal() });
    }
    return entries;
  }
}
