import { Injectable } from '@nestjs/common';
import { CredentialInvalid } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import type { Scope } from '@credvault/access/scopes.js';
import type { Transaction } from '@credvault/database/database.js';
import { parseMemberId } from '@credvault/access/member-id.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { ApiKeyBounds } from './api-key-bounds.js';
import { OwnerRefused } from './api-keys.errors.js';
import type { KeyOwner } from './api-key-view.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** Who shall own a new key, and what `*` stands for there. */
export interface NewOwner {
  userId: string;
  /** What both the actor and the owner may. */
  shared: ReadonlySet<Scope>;
}

/** Finds who shall own a key: whoever makes it, or a service account of the organization; never another person. */
@Injectable()
export class ApiKeyOwners {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly bounds: ApiKeyBounds,
    private readonly organizations: OrganizationsService,
  ) {}

  /** @param id public id; undefined: the actor. @throws OwnerRefused */
  async of(actor: Actor, id: string | undefined): Promise<NewOwner> {
    const { organizationId, userId: self, scopes, ofServiceAccount } = actor;
    const own = { userId: self, shared: scopes };
    if (id === undefined) return own;
    const named = parseMemberId(id);
    const ownKind = ofServiceAccount === true ? 'service' : 'person';
    if (named?.uuid === self && named.kind === ownKind) return own;
    if (named?.kind !== 'service') throw new OwnerRefused();
    if (!(await this.serviceAccount(organizationId, named.uuid))) throw new OwnerRefused();
    const rights = await this.organizations.rightsOf(undefined, organizationId, named.uuid);
    return { userId: named.uuid, shared: this.bounds.common(actor, rights) };
  }

  /**
   * The owner of a key that is being made, who stays a member until it is.
   *
   * @throws OwnerRefused; CredentialInvalid for an actor who is no member any more
   */
  async hold(transaction: Transaction, actor: Actor, userId: string): Promise<KeyOwner> {
    const owner = await this.keys.findOwner(actor.organizationId, userId, transaction);
    if (!owner) throw userId === actor.userId ? new CredentialInvalid() : new OwnerRefused();
    return owner;
  }

  /**
   * A service account of an organization; undefined when there is none with this id.
   *
   * @param transaction if given, the service account stays until it ends
   */
  async serviceAccount(
    organizationId: string,
    userId: string,
    transaction?: Transaction,
  ): Promise<KeyOwner | undefined> {
    const owner = await this.keys.findOwner(organizationId, userId, transaction);
    return owner?.ownerKind === 'service' ? owner : undefined;
  }
}
