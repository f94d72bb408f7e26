import { Injectable } from '@nestjs/common';
import { open, seal, type SecretPlace } from '@credvault/crypto/envelope.js';
import { DataKeyMissing, Keyring, type KeyOwner } from '@credvault/crypto/keyring.js';
import type { SecretValue } from '@credvault/crypto/secret-value.js';
import type { Transaction } from '@credvault/database/database.js';

/** What a version of a secret holds, in the clear. */
export interface SecretContent {
  value: SecretValue;
  notes: SecretValue | null;
}

/** What a version of a secret holds, as the database has it. */
export interface SealedContent {
  keyVersion: number;
  value: Buffer;
  notes: Buffer | null;
}

/** Which version of which secret a ciphertext belongs to. */
export interface VersionPlace {
  secretId: string;
  version: number;
}

/** Which vault a ciphertext belongs to; an `AuthorizedVault` is one. */
export interface VaultPlace {
  organizationId: string;
  id: string;
  keyOwner: KeyOwner;
}

/**
 * Encrypts and decrypts the versions of secrets with the data keys of their vaults. Whoever is in a transaction passes it,
 * so that a key that is not in memory is read on its connection.
 */
@Injectable()
export class SecretCipher {
  constructor(private readonly keyring: Keyring) {}

  /** Encrypts the content of one version. The vault's key must be held (`VaultsService.holdKey`). */
  async seal(
    vault: VaultPlace,
    keyVersion: number,
    at: VersionPlace,
    content: SecretContent,
    transaction?: Transaction,
  ): Promise<SealedContent> {
    const key = await this.keyring.dataKey(vault.keyOwner, keyVersion, transaction);
    return {
      keyVersion,
      value: seal(key, keyVersion, placeOf(vault, at, 'value'), content.value),
      notes: content.notes && seal(key, keyVersion, placeOf(vault, at, 'notes'), content.notes),
    };
  }

  /** Decrypts the content of one version. @throws DataKeyMissing when its key was rotated away since it was read */
  async open(
    vault: VaultPlace,
    at: VersionPlace,
    sealed: SealedContent,
    transaction?: Transaction,
  ): Promise<SecretContent> {
    const key = await this.keyring.dataKey(vault.keyOwner, sealed.keyVersion, transaction);
    return {
      value: open(key, placeOf(vault, at, 'value'), sealed.value),
      notes: sealed.notes && open(key, placeOf(vault, at, 'notes'), sealed.notes),
    };
  }

  /** Decrypts the value of one version alone. @throws DataKeyMissing as `open` */
  async openValue(
    vault: VaultPlace,
    at: VersionPlace,
    sealed: Omit<SealedContent, 'notes'>,
    transaction?: Transaction,
  ): Promise<SecretValue> {
    const key = await this.keyring.dataKey(vault.keyOwner, sealed.keyVersion, transaction);
    return open(key, placeOf(vault, at, 'value'), sealed.value);
  }
}

/**
 * Runs a read of ciphertexts again when a rotation of the vault's key overtook it: the rows it had read were re-encrypted
 * and their key destroyed, and a second read finds them under the new key.
 */
export async function retryAfterRotation<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DataKeyMissing)) throw error;
    return read();
  }
}

function placeOf(
  vault: VaultPlace,
  { secretId, version }: VersionPlace,
  field: SecretPlace['field'],
): SecretPlace {
  return { organizationId: vault.organizationId, vaultId: vault.id, secretId, version, field };
}
