import { Injectable } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import type { Deletion } from './recovery-window.js';

/** Which vault it is, by UUIDs; an `AuthorizedVault` is one. */
export interface VaultPlace {
  readonly organizationId: string;
  readonly id: string;
}

/** What belongs to vaults in another domain, and comes and goes with them. */
export interface VaultPart {
  /** Moves what belongs to a vault away, which is locked and will be deleted, so that it can be restored. */
  withdraw(transaction: Transaction, vault: VaultPlace, deletion: Deletion): Promise<void>;
  /** Brings back what was moved away with a vault, which is there again. */
  restore(transaction: Transaction, vault: VaultPlace): Promise<void>;
  /** Deletes what of a vault could still be restored: the vault is gone for good. */
  purge?(transaction: Transaction, vault: VaultPlace): Promise<void>;
}

/** The port by which domains to the right share the fate of a vault, in the transaction that decides it. */
@Injectable()
export class VaultParts {
  private readonly parts: VaultPart[] = [];

  register(part: VaultPart): void {
    this.parts.push(part);
  }

  async withdraw(transaction: Transaction, vault: VaultPlace, deletion: Deletion): Promise<void> {
    for (const part of this.parts) await part.withdraw(transaction, vault, deletion);
  }

  async restore(transaction: Transaction, vault: VaultPlace): Promise<void> {
    for (const part of this.parts) await part.restore(transaction, vault);
  }

  async purge(transaction: Transaction, vault: VaultPlace): Promise<void> {
    for (const part of this.parts) await part.purge?.(transaction, vault);
  }
}
