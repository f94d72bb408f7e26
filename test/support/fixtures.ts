import { randomBytes } from 'node:crypto';
import type { CreateSecretDto, SecretDto } from '../../apps/api/src/secrets/secret.dto.js';
import type { CreateVaultDto, VaultDto } from '../../apps/api/src/vaults/vault.dto.js';
import { expectStatus, type Person } from './people.js';
import type { Wire } from './wire.js';

export type VaultAnswer = Wire<VaultDto>;
export type SecretAnswer = Wire<SecretDto>;

/** Makes a vault. */
export async function vaultOf(person: Person, fields: Partial<CreateVaultDto> = {}): Promise<VaultAnswer> {
  const reply = await person.client.post('/vaults', { name: 'Production', ...fields });
  return expectStatus(reply, 201).data<VaultAnswer>();
}

/** Makes a secret, with a key of its own unless one is given. */
export async function secretOf(
  person: Person,
  vaultId: string,
  fields: Partial<CreateSecretDto> = {},
): Promise<SecretAnswer> {
  const key = `KEY_${randomBytes(4).toString('hex').toUpperCase()}`;
  const reply = await person.client.post(`/vaults/${vaultId}/secrets`, { key, value: 'a value', ...fields });
  return expectStatus(reply, 201).data<SecretAnswer>();
}
