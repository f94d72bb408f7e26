import { Injectable } from '@nestjs/common';
import { actorAsMember } from '@credvault/access/actor-as-member.js';
import { rightsOfGrants } from '@credvault/access/granted-rights.js';
import { assertWithin } from '@credvault/access/rights.js';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import type { Transaction } from '@credvault/database/database.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { AuthorizedProject } from '../projects/authorized-project.js';
import { ProjectsService } from '../projects/projects.service.js';
import { AuthorizedVault } from '../vaults/authorized-vault.js';
import { VaultsService } from '../vaults/vaults.service.js';
import type { Grant } from './grant.entity.js';

/** What is granted, with the proof that the actor may see or manage it. */
export type GrantedObject = AuthorizedVault | AuthorizedProject;

/** Vaults and projects, as far as granting them is alike. */
@Injectable()
export class GrantedObjects {
  constructor(
    private readonly vaults: VaultsService,
    private readonly projects: ProjectsService,
    private readonly organizations: OrganizationsService,
  ) {}

  /** @throws VaultNotFound, ProjectNotFound */
  async assertExists(object: GrantedObject): Promise<void> {
    await (object instanceof AuthorizedVault ? this.vaults.get(object) : this.projects.get(object));
  }

  /** Keeps it where it is until the transaction ends. @throws VaultNotFound, ProjectNotFound */
  async hold(transaction: Transaction, object: GrantedObject): Promise<void> {
    await (object instanceof AuthorizedVault
      ? this.vaults.holdKey(transaction, object)
      : this.projects.hold(transaction, object));
  }

  /**
   * As `assertMayGrant`, with the rights that the actor has by now. Who grants something to themselves has waited, to be held,
   * for the end of a change of their own role: it has taken what they had granted before, and this would come after it.
   *
   * @throws VaultNotFound, ProjectNotFound, GrantTooLow, ProjectGrantTooLow, RightsTooWide
   */
  async assertStillMayGrant(
    transaction: Transaction,
    object: GrantedObject,
    level: VaultLevel,
  ): Promise<void> {
    const { actor, organizationId, id } = object;
    const rights = await this.organizations.rightsOf(transaction, organizationId, actor.userId);
    const present = actorAsMember(actor, rights);
    const proof =
      object instanceof AuthorizedVault
        ? this.vaults.authorize(present, 'vault:write', id)
        : this.projects.authorize(present, 'project:write', id);
    assertMayGrant(proof, level);
  }
}

/** The columns of a grant that say what it is of. */
export function objectColumns(object: GrantedObject): Pick<Grant, 'vaultId' | 'projectId'> {
  return object instanceof AuthorizedVault
    ? { vaultId: object.id, projectId: null }
    : { vaultId: null, projectId: object.id };
}

/**
 * Nobody grants more than they have, be it to somebody whose role makes less of it. A project gives the vaults that it will have,
 * too.
 *
 * @throws RightsTooWide
 */
export function assertMayGrant(object: GrantedObject, level: VaultLevel): void {
  const levels = new Map([[object.id, level]]);
  const rights =
    object instanceof AuthorizedVault ? rightsOfGrants(levels) : rightsOfGrants(new Map(), levels);
  assertWithin(object.actor, rights);
}
