import pg from 'pg';
import { connectionConfig, type DatabaseAddress } from '@credvault/database/data-source.js';

const retryAfter = 250;

/** Another process serves the data folder. */
export class DataFolderTaken extends Error {
  override readonly name = 'DataFolderTaken';
}

/**
 * The right to serve one data folder: a session advisory lock in its database. A process that dies lets go of it by
 * dying, so there is no stale lock file to clean up.
 */
export class DataFolderLease {
  private released = false;
  private client: pg.Client | undefined;

  private constructor(
    private readonly address: DatabaseAddress,
    private readonly folder: string,
    private readonly onLost: (reason: string) => void,
  ) {}

  /**
   * Takes the lease.
   *
   * @param onLost told when PostgreSQL restarted and another process was quicker to take the folder
   * @throws DataFolderTaken when another process holds it
   */
  static async take(
    address: DatabaseAddress,
    folder: string,
    onLost: (reason: string) => void,
  ): Promise<DataFolderLease> {
    const lease = new DataFolderLease(address, folder, onLost);
    await lease.acquire();
    return lease;
  }

  async release(): Promise<void> {
    this.released = true;
    await this.client?.end().catch(() => undefined);
  }

  private async acquire(): Promise<void> {
    const client = new pg.Client(connectionConfig(this.address));
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('credvault:data-folder')) AS taken`,
    );
    if (rows[0]?.taken !== true) {
      await client.end();
      throw new DataFolderTaken(
        `Another CredVault process is using the data folder ${this.folder}. Stop it first, or choose another folder with CREDVAULT_DATA_DIR.`,
      );
    }
    this.client = client;
    client.on('end', () => void this.acquireAgain());
  }

  private async acquireAgain(): Promise<void> {
    while (!this.released) {
      await new Promise((resolve) => setTimeout(resolve, retryAfter));
      try {
        await this.acquire();
        return;
      } catch (error) {
        if (error instanceof DataFolderTaken) return this.onLost(error.message);
      }
    }
  }
}
