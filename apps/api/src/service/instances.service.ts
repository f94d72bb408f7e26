import { hostname } from 'node:os';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RootKeys } from '@credvault/crypto/root-keys.js';
import { Database } from '@credvault/database/database.js';
import { InvalidationChannel } from '@credvault/database/invalidation-channel.js';
import { newUuid } from '@credvault/database/typed-id.js';

const heartbeatEvery = 2_000;

/**
 * Says which processes serve this database and which root keys they hold, so that a rotation of the root can wait until
 * all of them can read what it writes.
 */
@Injectable()
export class InstancesService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly id = newUuid();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly rootKeys: RootKeys,
    channel: InvalidationChannel,
  ) {
    channel.onInvalidation((invalidation) => {
      const reload = invalidation === 'everything' || invalidation.kind === 'root_keys';
      if (reload && this.timer) void this.reload().catch(() => undefined);
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    this.timer = setInterval(() => void this.reload().catch(() => undefined), heartbeatEvery).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.database.rows(`DELETE FROM instances WHERE id = $1`, [this.id]).catch(() => undefined);
  }

  private async reload(): Promise<void> {
    this.rootKeys.reload();
    await this.beat();
  }

  private async beat(): Promise<void> {
    await this.database.rows(
      `INSERT INTO instances (id, host, pid, root_key_ids) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET seen_at = now(), root_key_ids = EXCLUDED.root_key_ids`,
      [this.id, hostname(), process.pid, this.rootKeys.set.ids()],
    );
  }
}
