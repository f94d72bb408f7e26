import { Injectable } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';
import type { AuthorizedProject } from './authorized-project.js';

type Listener = (transaction: Transaction, project: AuthorizedProject) => Promise<void>;

/** The port by which domains to the right add what belongs to a new project, in the transaction that makes it. */
@Injectable()
export class ProjectCreated {
  private readonly listeners: Listener[] = [];

  register(listener: Listener): void {
    this.listeners.push(listener);
  }

  async tell(transaction: Transaction, project: AuthorizedProject): Promise<void> {
    for (const listener of this.listeners) await listener(transaction, project);
  }
}
