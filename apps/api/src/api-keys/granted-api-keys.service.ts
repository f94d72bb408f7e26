import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Transaction } from '@credvault/database/database.js';
import { KeyNotBound } from '../grants/grants.errors.js';
import {
  KeyGranteesPort,
  type GrantedKey,
  type KeyGrantees,
  type KeyGrantWish,
} from '../grants/key-grantees.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { isBound } from './api-key-binding.js';
import { ApiKeyWidening } from './api-key-widening.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Says whether something may be granted to a key: that widens it, and takes what widening takes. */
@Injectable()
export class GrantedApiKeysService implements OnModuleInit, KeyGrantees {
  constructor(
    private readonly port: KeyGranteesPort,
    private readonly keys: ApiKeysRepository,
    private readonly widening: ApiKeyWidening,
    private readonly organizations: OrganizationsService,
  ) {}

  onModuleInit(): void {
    this.port.register(this);
  }

  async holdToGrant(
    transaction: Transaction,
    actor: Actor,
    keyId: string,
    wish: KeyGrantWish,
  ): Promise<GrantedKey | undefined> {
    if (!actor.scopes.has('key:manage')) throw new ScopeMissing('key:manage');
    const present = await this.keys.lock(transaction, actor.organizationId, keyId);
    if (!present) return undefined;
    if (!isBound(present)) throw new KeyNotBound();
    const owner = await this.organizations.rightsOf(transaction, present.organizationId, present.userId);
    const others = present.granted.filter(
      ({ vaultId, projectId }) => vaultId !== wish.vaultId || projectId !== wish.projectId,
    );
    const next = { ...present, granted: [...others, wish] };
    await this.widening.assertAllowed(transaction, actor, present, next, owner);
    return { id: present.id, name: present.name };
  }
}
