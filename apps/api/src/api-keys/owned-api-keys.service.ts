import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import type { MemberRights } from '@credvault/access/member-rights.js';
import { RightsTooWide } from '@credvault/access/rights.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import type { Transaction } from '@credvault/database/database.js';
import { memberIdOf } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { GrantsService } from '../grants/grants.service.js';
import { MemberKeysPort, type MemberKeys, type OwnedKey } from '../members/member-keys.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { ApiKeyOwners } from './api-key-owners.js';
import {
  boundsAfterTransfer,
  reachedUnder,
  transferProblem,
  type TransferredBounds,
} from './api-key-transfer.js';
import { ApiKeyReachRepository } from './api-key-reach.repository.js';
import { isInPerson } from './api-key-rights.js';
import type { ApiKey } from './api-key.entity.js';
import { HeirRefused } from './api-keys.errors.js';
import type { ApiKeyView, KeyOwner } from './api-key-view.js';
import { ApiKeysRepository } from './api-keys.repository.js';

interface Transfer {
  key: ApiKeyView;
  /** What it reached under its old owner, as `reachedUnder` gives it. */
  reached: ReturnType<typeof reachedUnder>;
  bounds: TransferredBounds;
}

/**
 * What becomes of the keys of a member who leaves: they are deleted with them, or go on under a service account. Works in the
 * transaction that removes the member, before their membership is deleted: it says what their keys could do.
 */
@Injectable()
export class OwnedApiKeysService implements OnModuleInit, MemberKeys {
  constructor(
    private readonly port: MemberKeysPort,
    private readonly keys: ApiKeysRepository,
    private readonly reaches: ApiKeyReachRepository,
    private readonly owners: ApiKeyOwners,
    private readonly organizations: OrganizationsService,
    private readonly grants: GrantsService,
    private readonly auditLog: AuditLog,
    private readonly credentials: CredentialRegistry,
  ) {}

  onModuleInit(): void {
    this.port.register(this);
  }

  async listOf(transaction: Transaction, organizationId: string, userId: string): Promise<OwnedKey[]> {
    const keys = await this.keys.lockOwned(transaction, organizationId, userId);
    return keys.map(({ id, name, hint }) => ({ id, name, hint }));
  }

  /** @throws ScopeMissing without `key:manage`, unless they are the actor's own: whoever leaves takes their keys along */
  async revokeAll(transaction: Transaction, actor: Actor, userId: string): Promise<number> {
    if (!isInPerson(actor, userId)) assertManagesKeys(actor);
    const keys = await this.keys.lockOwned(transaction, actor.organizationId, userId);
    for (const key of keys) {
      await this.keys.delete(transaction, key);
      await this.record(transaction, actor, key, {
        type: 'api_key.deleted',
        details: { cause: 'owner removed' },
      });
    }
    return keys.length;
  }

  /**
   * Each key keeps its secret, addresses and expiry, and afterwards can do nothing that it could not do before. Its rotation is
   * due at once: whoever left may know its secret.
   *
   * @throws ScopeMissing without `key:manage`; HeirRefused when `toUserId` is no other service account of the organization;
   *   RightsTooWide naming the keys that would do more than they did, or than the actor may
   */
  async transferAll(
    transaction: Transaction,
    actor: Actor,
    userId: string,
    toUserId: string,
  ): Promise<number> {
    assertManagesKeys(actor);
    const { organizationId } = actor;
    const heir = await this.owners.serviceAccount(organizationId, toUserId, transaction);
    if (!heir || toUserId === userId) throw new HeirRefused();
    const keys = await this.keys.lockOwned(transaction, organizationId, userId);
    const [before, after] = [
      await this.organizations.rightsOf(transaction, organizationId, userId),
      await this.organizations.rightsAtStakeOf(transaction, organizationId, toUserId),
    ];
    const transfers: Transfer[] = [];
    for (const key of keys) {
      const reached = reachedUnder(before, await this.reaches.find(key, transaction));
      transfers.push({ key, reached, bounds: boundsAfterTransfer(key, before, reached) });
    }
    assertNoneWidened(actor, transfers, after);
    const previous = await this.keys.findOwner(organizationId, userId, transaction);
    for (const transfer of transfers) await this.transfer(transaction, actor, transfer, previous, heir);
    return keys.length;
  }

  private async transfer(
    transaction: Transaction,
    actor: Actor,
    { key, bounds }: Transfer,
    previous: KeyOwner | undefined,
    heir: KeyOwner,
  ): Promise<void> {
    const { userId } = heir;
    const revision = key.revision + 1;
    const now = new Date();
    const rotation = { rotationDueAt: now, rotationDueNoted: false };
    await this.keys.update(transaction, key, { ...bounds, ...rotation, userId, revision, updatedAt: now });
    const details = {
      from: memberIdOf(previous?.ownerKind ?? 'person', key.userId),
      to: memberIdOf(heir.ownerKind, userId),
    };
    await this.record(transaction, actor, key, { type: 'api_key.transferred', details });
    await this.grants.takeFromKey(transaction, actor, key.id);
  }

  /** Beside the record of the removal, which the request is about. */
  private async record(
    transaction: Transaction,
    actor: Actor,
    { id }: ApiKey,
    entry: { type: string; details: Record<string, unknown> },
  ): Promise<void> {
    const about = { resourceType: 'apiKey', resourceId: id, status: 204, secondary: true } as const;
    await this.auditLog.recordChange(transaction, actor, { ...entry, ...about });
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'credential', id }));
  }
}

function assertManagesKeys({ scopes }: Pick<Actor, 'scopes'>): void {
  if (!scopes.has('key:manage')) throw new ScopeMissing('key:manage');
}

function assertNoneWidened(actor: Actor, transfers: Transfer[], after: MemberRights | undefined): void {
  const details = transfers.flatMap(({ key, reached, bounds }) => {
    const problem = transferProblem(actor, { ...key, ...bounds, granted: [] }, reached, after);
    const message = `${publicId('apiKey', key.id)} (${key.name}) ${problem ?? ''}`;
    return problem === undefined ? [] : [{ path: 'to', code: 'too_wide', message }];
  });
  if (details.length > 0) throw new RightsTooWide(details);
}
