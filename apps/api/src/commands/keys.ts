import 'reflect-metadata';
import { underRotationLock } from '@credvault/crypto/rotation-lock.js';
import { RootRotation } from '@credvault/crypto/root-rotation.js';
import { Database } from '@credvault/database/database.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { VaultKeyRotationService } from '../secrets/vault-key-rotation.service.js';
import { CommandError, runCommand, type Operator } from './operator.js';

const usage = `npm run keys -- status              which root keys wrap how many keys
npm run keys -- rotate-root         replaces the root key, while the service serves
npm run keys -- rotate-vault <id>   replaces the data key of a vault and re-encrypts it, while it is in use`;

runCommand(async (operator, [verb, id, ...rest]) => {
  if (rest.length > 0) throw new CommandError(usage);
  if (verb === 'status' && id === undefined) await status(operator);
  else if (verb === 'rotate-root' && id === undefined) await rotateRoot(operator);
  else if (verb === 'rotate-vault' && id !== undefined) await rotateVault(operator, id);
  else throw new CommandError(usage);
});

async function status({ runtime, get, say }: Operator): Promise<void> {
  const rows = await get(Database).rows<{ root_key_id: string; keys: number }>(
    `SELECT root_key_id, count(*)::int AS keys FROM
       (SELECT root_key_id FROM system_keys UNION ALL SELECT root_key_id FROM data_keys) AS wrapped
     GROUP BY root_key_id ORDER BY root_key_id`,
  );
  const { source, set } = runtime.rootKeys;
  say(
    `Root keys from ${source.kind === 'file' ? source.path : 'CREDVAULT_ROOT_KEY'}: ${set.ids().join(', ')}`,
  );
  for (const row of rows) say(`  ${row.root_key_id} wraps ${row.keys} keys`);
}

async function rotateRoot({ runtime, get, say }: Operator): Promise<void> {
  await new RootRotation(get(Database), runtime.rootKeys, say).rotate();
}

async function rotateVault({ runtime, get, say }: Operator, id: string): Promise<void> {
  const vaultId = uuidOf('vault', id);
  if (vaultId === undefined)
    throw new CommandError(`"${id}" is no id of a vault, such as vlt_01m7zxdb3wevkb01r1pccyncx5.`);
  const rotation = get(VaultKeyRotationService);
  const version = await underRotationLock(runtime, 'shared', () =>
    rotation.rotate(vaultId, (count) => {
      if (count % 1_000 === 0) say(`  ${count} versions re-encrypted`);
    }),
  );
  say(`The vault ${id} uses version ${version} of its data key now; the old one is destroyed.`);
}
