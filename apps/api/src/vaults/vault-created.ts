import { Injectable } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import type { AuthorizedVault } from './authorized-vault.js';

type Listener = (transaction: Transaction, vault: AuthorizedVault) => Promise<void>;

/** The port by which domains to the right add what belongs to a new vault, in the transaction that makes it. */
@Injectable()
export class VaultCreated {
  private readonly listeners: Listener[] = [];

  register(listener: Listener): void {
    this.listeners.push(listener);
  }

  async tell(transaction: Transaction, vault: AuthorizedVault): Promise<void> {
    for (const listener of this.listeners) await listener(transaction, vault);
  }
}
