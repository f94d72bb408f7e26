import { uuidOf } from '@credvault/database/typed-id.js';
import type { DeletedSecretDto } from '../../apps/api/src/secrets/deleted-secret.dto.js';
import type { DeletedVaultDto } from '../../apps/api/src/vaults/deleted-vault.dto.js';
import { secretOf, vaultOf, type SecretAnswer, type VaultAnswer } from './fixtures.js';
import { expectStatus, type Person } from './people.js';
import type { TestService } from './service.js';
import type { Wire } from './wire.js';

export type DeletedVaultAnswer = Wire<DeletedVaultDto>;
export type DeletedSecretAnswer = Wire<DeletedSecretDto>;

/** Sets for how many days the organization of a person keeps what is deleted: written by SQL. */
export async function keepFor(person: Person, days: number): Promise<void> {
  await person.client.service.database.rows(
    `UPDATE organizations SET recovery_window_days = $2 WHERE id = $1`,
    [uuidOf('organization', person.organizationId), days],
  );
}

/** Deletes a vault so that it can be restored, whatever the window of the organization, which is 0 afterwards. */
export async function withdraw(person: Person, path: string): Promise<void> {
  await keepFor(person, 30);
  expectStatus(await person.client.delete(path), 204);
  await keepFor(person, 0);
}

/** A vault with one secret, which was deleted and can be restored. */
export async function deletedVaultOf(person: Person): Promise<VaultAnswer> {
  const vault = await vaultOf(person);
  await secretOf(person, vault.id);
  await withdraw(person, `/vaults/${vault.id}`);
  return vault;
}

/** A secret with two versions, which was deleted from its vault and can be restored. */
export async function deletedSecretOf(person: Person, vaultId: string): Promise<SecretAnswer> {
  const secret = await secretOf(person, vaultId, { value: 'first', notes: 'noted' });
  const path = `/vaults/${vaultId}/secrets/${secret.id}`;
  expectStatus(await person.client.patch(path, { value: 'second' }), 200);
  await withdraw(person, path);
  return secret;
}

/** The vaults that somebody may restore. */
export async function deletedVaultsOf(person: Pick<Person, 'client'>): Promise<DeletedVaultAnswer[]> {
  return expectStatus(await person.client.get('/deleted-vaults'), 200).data<DeletedVaultAnswer[]>();
}

/** The secrets of a vault that somebody may restore. */
export async function deletedSecretsOf(
  person: Pick<Person, 'client'>,
  vaultId: string,
): Promise<DeletedSecretAnswer[]> {
  const reply = await person.client.get(`/vaults/${vaultId}/deleted-secrets`);
  return expectStatus(reply, 200).data<DeletedSecretAnswer[]>();
}

/** What is left of a vault that is gone for good. */
export const noRemains = { vaults: 0, grants: 0, secrets: 0, versions: 0, keys: 0 };

/** How many rows each table of deleted things, and that of the data keys, has of a vault. */
export async function remainsOf(service: TestService, vaultId: string): Promise<typeof noRemains> {
  const [row] = await service.database.rows<typeof noRemains>(
    `SELECT (SELECT count(*)::int FROM deleted_vaults WHERE id = $1) AS vaults,
       (SELECT count(*)::int FROM deleted_vault_grants WHERE vault_id = $1) AS grants,
       (SELECT count(*)::int FROM deleted_secrets WHERE vault_id = $1) AS secrets,
       (SELECT count(*)::int FROM deleted_secret_versions WHERE vault_id = $1) AS versions,
       (SELECT count(*)::int FROM data_keys WHERE owner_id = $1) AS keys`,
    [uuidOf('vault', vaultId)],
  );
  return row ?? noRemains;
}
