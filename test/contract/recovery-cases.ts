import { vaultOf } from '../support/fixtures.js';
import { deletedSecretOf, deletedVaultOf } from '../support/recovery.js';
import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

/** On a vault that was deleted, and another one like it. */
async function onDeletedVault({ jane }: World): Promise<PreparedRequest> {
  const [vault, other] = [await deletedVaultOf(jane), await deletedVaultOf(jane)];
  return { person: jane, params: { vaultId: vault.id }, otherParams: { vaultId: other.id } };
}

/** On a secret that was deleted from a vault that is there. */
async function onDeletedSecret({ jane }: World): Promise<PreparedRequest> {
  const vault = await vaultOf(jane);
  const secret = await deletedSecretOf(jane, vault.id);
  return { person: jane, params: { vaultId: vault.id, secretId: secret.id } };
}

/** How what was deleted is restored, and deleted for good. */
export const recoveryCases: Record<string, Case> = {
  listDeletedVaults: onDeletedVault,
  restoreVault: onDeletedVault,
  purgeVault: onDeletedVault,
  listDeletedSecrets: onDeletedSecret,
  restoreSecret: async (world) => ({
    ...(await onDeletedSecret(world)),
    body: { key: 'RESTORED' },
    otherBody: { key: 'RESTORED_OTHERWISE' },
  }),
  purgeSecret: onDeletedSecret,
};
