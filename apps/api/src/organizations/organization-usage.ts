import { Injectable } from '@nestjs/common';
import type { Transaction } from '@credvault/database/database.js';

/** One kind of thing that an organization has and that would be lost with it. Ids are UUIDs. */
export interface OrganizationPart {
  /** What they are called in the details of a refusal, such as `apiKeys`. */
  readonly name: string;
  /** How many there are. */
  count(transaction: Transaction, organizationId: string): Promise<number>;
  /**
   * Locks them, where their own domain locks one of them before it locks the organization: whoever deletes an organization
   * does the same, and so neither waits for the other.
   */
  hold?(transaction: Transaction, organizationId: string): Promise<void>;
}

/** The port by which domains to the right tell what an organization still has when it is to be deleted. */
@Injectable()
export class OrganizationUsage {
  private readonly parts: OrganizationPart[] = [];

  register(part: OrganizationPart): void {
    this.parts.push(part);
  }

  /** Locks what has to be locked before the organization itself. */
  async hold(transaction: Transaction, organizationId: string): Promise<void> {
    for (const part of this.parts) await part.hold?.(transaction, organizationId);
  }

  /** What is left in an organization: how many of each kind, without the kinds of which there are none. */
  async left(transaction: Transaction, organizationId: string): Promise<Record<string, number>> {
    const left: Record<string, number> = {};
    for (const part of this.parts) {
      const count = await part.count(transaction, organizationId);
      if (count > 0) left[part.name] = count;
    }
    return left;
  }
}
