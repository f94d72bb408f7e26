import { IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import type { ImportOutcome, ImportResult } from './secret-import.service.js';
import { secretTypes, type SecretType } from './secret.dto.js';
import type { TransferFormat } from './transfer/transfer-entry.js';

export const transferFormats = ['dotenv', 'json', 'yaml'] as const;
const conflictRules = ['fail', 'skip', 'overwrite'] as const;
const importOutcomes = ['created', 'updated', 'unchanged', 'skipped', 'conflict'] as const;

/** A file to be imported. */
export class ImportSecretsDto {
  /**
   * Format of the content.
   * @example "dotenv"
   */
  @IsIn(transferFormats)
  format!: TransferFormat;

  /**
   * The file as text: a `.env` file, or a flat JSON object or YAML mapping of names to values; at most 10,000 entries.
   * @example "DATABASE_URL=postgres://user:pass@host:5432/db\nSTRIPE_SECRET_KEY=sk_live_EXAMPLE\n"
   */
  @IsString()
  @MaxLength(8388608)
  content!: string;

  /**
   * What to do with names that are taken: `fail` imports nothing, `skip` leaves them as they are, `overwrite` makes a new
   * version. `fail` when left out.
   * @example "overwrite"
   */
  @MayBeAbsent()
  @IsIn(conflictRules)
  onConflict?: (typeof conflictRules)[number];

  /**
   * Changes nothing and answers what would happen.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  dryRun?: boolean;

  /**
   * Type of the secrets that are made; `text` when left out.
   * @example "credential"
   */
  @MayBeAbsent()
  @IsIn(secretTypes)
  type?: SecretType;
}

/** What happened to one key. */
export class ImportedSecretDto {
  /**
   * Name of the secret.
   * @example "DATABASE_URL"
   */
  key!: string;

  /**
   * What happened, or in a dry run would happen. Who may not read secrets sees `updated` for `unchanged`.
   * @example "created"
   */
  @IsIn(importOutcomes)
  outcome!: ImportOutcome;

  /**
   * Id of the secret; null where a dry run would make it.
   * @example "sec_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  secretId!: string | null;

  /**
   * Number of its current version; null in a dry run.
   * @example 1
   */
  version!: number | null;
}

/** What an import did. */
export class ImportResultDto {
  /**
   * Whether nothing was changed because the request asked only what would happen.
   * @example false
   */
  dryRun!: boolean;

  /**
   * Secrets made.
   * @example 1
   */
  created!: number;

  /**
   * Secrets that got a new version.
   * @example 0
   */
  updated!: number;

  /**
   * Secrets that had this value already.
   * @example 0
   */
  unchanged!: number;

  /**
   * Secrets left as they are.
   * @example 0
   */
  skipped!: number;

  /**
   * In a dry run with `fail`: names that are taken.
   * @example 0
   */
  conflicts!: number;

  /** What happened to each key, in the order of the file. */
  results!: ImportedSecretDto[];
}

/** Which format to export in. */
export class ExportQuery {
  /**
   * Format of the file.
   * @example "dotenv"
   */
  @IsIn(transferFormats)
  format!: TransferFormat;
}

export function importResultDto({ dryRun, results }: ImportResult): ImportResultDto {
  const count = (outcome: ImportOutcome): number =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    dryRun,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    conflicts: count('conflict'),
    results: results.map(({ secretId, ...result }) => ({
      ...result,
      secretId: secretId === null ? null : publicId('secret', secretId),
    })),
  };
}
