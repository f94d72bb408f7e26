import { Injectable } from '@nestjs/common';
import { Keyring } from '@credvault/crypto/keyring.js';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { AuthorizedVault } from './authorized-vault.js';
import { DeletedVaultsRepository } from './deleted-vaults.repository.js';
import { RecoveryWindow } from './recovery-window.js';
import { VaultParts } from './vault-parts.js';
import { VaultsRepository } from './vaults.repository.js';

/**
 * Takes vaults away: for good, or into the tables from which they can be restored. There the rows stay as they are, with the
 * ids to which their ciphertexts are bound, and so does the data key.
 */
@Injectable()
export class VaultDeletion {
  constructor(
    private readonly vaults: VaultsRepository,
    private readonly deleted: DeletedVaultsRepository,
    private readonly parts: VaultParts,
    private readonly window: RecoveryWindow,
    private readonly organizations: OrganizationsService,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Deletes a vault that is locked, with all that belongs to it.
   *
   * @returns until when it can be restored; undefined when it is gone for good, and its data keys are destroyed
   */
  async delete(transaction: Transaction, vault: AuthorizedVault): Promise<Date | undefined> {
    const deletion = await this.window.deletionBy(transaction, vault.actor);
    if (deletion) {
      await this.deleted.insert(transaction, vault, deletion);
      await this.parts.withdraw(transaction, vault, deletion);
    } else {
      await this.parts.purge(transaction, vault);
      await this.keyring.destroyDataKeys(transaction, vault.keyOwner);
    }
    await this.vaults.delete(transaction, vault);
    await this.organizations.countVaults(transaction, vault.organizationId, -1);
    return deletion?.restorableUntil;
  }
}
