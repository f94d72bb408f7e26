import type { Database } from '@credvault/database/database.js';
import { RootKeyError } from './root-key.js';
import type { RootKeys } from './root-keys.js';
import { verifyRootKeys } from './system-keys.js';

/**
 * `exclusive` for whoever replaces the root key, `shared` for a command that wraps data keys: unlike the processes that
 * serve, no rotation waits for it, so that it must not run beside one.
 */
export type RotationLockMode = 'exclusive' | 'shared';

const names = { exclusive: 'pg_try_advisory_lock', shared: 'pg_try_advisory_lock_shared' };

/**
 * Does `work` under the rotation lock, with the root keys as they are now. It is a session lock on a connection of its
 * own: a command that dies lets go of it by dying.
 *
 * @throws RootKeyError when another command holds it; then nothing was done
 */
export async function underRotationLock<T>(
  { database, rootKeys }: { database: Database; rootKeys: RootKeys },
  mode: RotationLockMode,
  work: () => Promise<T>,
): Promise<T> {
  const session = database.dataSource.createQueryRunner();
  await session.connect();
  try {
    const [lock] = (await session.query(
      `SELECT ${names[mode]}(hashtext('credvault:root-rotation')) AS taken`,
    )) as {
      taken: boolean;
    }[];
    if (lock?.taken !== true) {
      throw new RootKeyError(
        'Another command is rotating the root key or the key of a vault. Run this one again when it has ended; nothing was changed.',
      );
    }
    await rootKeys.reload((keys) => verifyRootKeys(database, keys));
    return await work();
  } finally {
    await session.query(`SELECT pg_advisory_unlock_all()`).catch(() => undefined);
    await session.release();
  }
}
