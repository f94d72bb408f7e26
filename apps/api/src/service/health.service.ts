import { statfs } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { verifySystemKeys } from '@credvault/crypto/system-keys.js';
import { Database } from '@credvault/database/database.js';
import { DomainError, type ErrorDetail } from '@credvault/http/domain-error.js';
import { Counters, type CountingStatus } from '@credvault/rate-limit/counters.js';
import { dataFolderToken } from '../runtime/runtime.js';

/** A verdict is used again for so long, in milliseconds, so that probing costs the database nothing. */
const verdictLifetime = 1_000;
const checkTimeout = 2_000;
/** Free space below which writing is about to fail: 128 MiB, eight WAL segments of PostgreSQL. */
const leastFreeBytes = 128 * 1024 * 1024;

type Check = () => Promise<void> | void;

/** Says whether the service can do its work. */
@Injectable()
export class HealthService {
  private verdict: { at: number; problems: Promise<ErrorDetail[]> } | undefined;

  constructor(
    private readonly database: Database,
    private readonly rootKeys: RootKeys,
    private readonly auditLog: AuditLog,
    private readonly counters: Counters,
    @Inject(settingsToken) private readonly settings: Settings,
    @Inject(dataFolderToken) private readonly dataFolder: string,
  ) {}

  /** Resolves when every check passes. @throws UNAVAILABLE naming those that do not */
  async assertReady(): Promise<void> {
    if (!this.verdict || performance.now() - this.verdict.at > verdictLifetime) {
      this.verdict = { at: performance.now(), problems: this.findProblems() };
    }
    const problems = await this.verdict.problems;
    if (problems.length === 0) return;
    throw new DomainError('UNAVAILABLE', 'The service is not ready.', {
      details: problems,
      headers: { 'Retry-After': '1' },
    });
  }

  /** Where limits are counted. They count in any case, and so this is no condition of being ready. */
  get limits(): CountingStatus {
    return this.counters.status();
  }

  private async findProblems(): Promise<ErrorDetail[]> {
    const checks: Record<string, [Check, string]> = {
      database: [() => this.checkDatabase(), 'The database does not answer.'],
      keyring: [() => verifySystemKeys(this.database, this.rootKeys.set), 'The keys cannot be opened.'],
      audit: [() => this.auditLog.assertWritable(), 'Audit records cannot be written.'],
      disk: [() => this.checkDisk(), 'The disk of the data folder is almost full.'],
    };
    const found = await Promise.all(
      Object.entries(checks).map(async ([path, [check, message]]) => {
        const passed = await passes(check);
        return passed ? [] : [{ path, code: 'not_ready', message }];
      }),
    );
    return found.flat();
  }

  private async checkDatabase(): Promise<void> {
    await this.database.rows(`SELECT 1`);
  }

  private async checkDisk(): Promise<void> {
    if (this.settings.databaseUrl !== undefined) return;
    const { bavail, bsize } = await statfs(this.dataFolder);
    if (bavail * bsize < leastFreeBytes) throw new Error('the disk is almost full');
  }
}

async function passes(check: Check): Promise<boolean> {
  const timeout = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), checkTimeout).unref());
  const run = async (): Promise<boolean> => {
    await check();
    return true;
  };
  return Promise.race([run().catch(() => false), timeout]);
}
