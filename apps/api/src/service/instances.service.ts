import cluster from 'node:cluster';
import { hostname } from 'node:os';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { verifyRootKeys } from '@credvault/crypto/system-keys.js';
import { Database } from '@credvault/database/database.js';
import { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { newUuid } from '@credvault/database/typed-id.js';

const heartbeatEvery = 2_000;
/** When to look for other instances, in milliseconds: whoever was killed and started again is counted once by then. */
const lookAfter = 10_000;

/**
 * Says which processes serve this database and which root keys they hold, so that a rotation of the root can wait until
 * all of them can read what it writes, and so that several that count limits each for itself are noticed.
 */
@Injectable()
export class InstancesService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(InstancesService.name);
  private readonly id = newUuid();
  private timer: NodeJS.Timeout | undefined;
  private lookTimer: NodeJS.Timeout | undefined;
  /** Why the keys could not be loaded last time; said once. */
  private problem: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly rootKeys: RootKeys,
    @Inject(settingsToken) private readonly settings: Settings,
    channel: InvalidationChannel,
  ) {
    channel.onInvalidation((invalidation) => {
      const reload = invalidation === 'everything' || invalidation.kind === 'root_keys';
      if (reload && this.timer) void this.refresh();
    });
  }

  /** A rotation that began before this process was known did not wait for it: so it looks again once it is known. */
  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    await this.reload();
    await this.beat();
    this.timer = setInterval(() => void this.refresh(), heartbeatEvery).unref();
    // One process of a cluster says it for all of them.
    if (cluster.worker === undefined || cluster.worker.id === 1) {
      this.lookTimer = setTimeout(() => void this.warnOfOthers().catch(() => undefined), lookAfter).unref();
    }
  }

  /** Says in the log, if it is so, that other instances use this database and that limits are not shared with them. */
  async warnOfOthers(): Promise<void> {
    if (this.settings.redisUrl !== undefined) return;
    const [alive] = await this.database.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM instances WHERE seen_at > now() - interval '5 seconds'`,
    );
    if (alive === undefined || alive.count <= this.settings.processes) return;
    this.logger.warn(
      'Several instances use this database, and each counts limits for itself. Set REDIS_URL on all of them to let them count together.',
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.lookTimer);
    await this.database.rows(`DELETE FROM instances WHERE id = $1`, [this.id]).catch(() => undefined);
  }

  /** A process that cannot load the keys says so by naming those it has: it must not pass for dead. */
  private async refresh(): Promise<void> {
    const problem = await this.reload().then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
    if (problem !== undefined && problem !== this.problem) this.logger.error(problem);
    this.problem = problem;
    await this.beat().catch(() => undefined);
  }

  private reload(): Promise<void> {
    return this.rootKeys.reload((keys) => verifyRootKeys(this.database, keys));
  }

  private async beat(): Promise<void> {
    await this.database.rows(
      `INSERT INTO instances (id, host, pid, root_key_ids) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET seen_at = now(), root_key_ids = EXCLUDED.root_key_ids`,
      [this.id, hostname(), process.pid, this.rootKeys.set.ids()],
    );
  }
}
