import { join } from 'node:path';
import type { Settings } from '@credvault/config/settings.js';
import type { RootKeySource } from '@credvault/crypto/root-keys.js';

/**
 * Where the settings say the root keys are.
 *
 * @param folder folder of the database: the default place of the key file, beside the cluster and not in it
 */
export function rootKeySource(settings: Settings, folder: string): RootKeySource {
  if (settings.rootKey !== undefined) return { kind: 'environment', text: settings.rootKey };
  return { kind: 'file', path: settings.rootKeyFile ?? join(folder, 'root.key') };
}
