import { Injectable } from '@nestjs/common';
import { OutsideVaults } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { rightsOfGrants } from '@credvault/access/granted-rights.js';
import { reachIntoProject } from '@credvault/access/project-levels.js';
import { assertWithin } from '@credvault/access/rights.js';
import type { Transaction } from '@credvault/database/database.js';
import { isUniqueViolation } from '@credvault/database/postgres-errors.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { AuthorizedProject } from '../projects/authorized-project.js';
import { ProjectsService } from '../projects/projects.service.js';
import type { AuthorizedVault } from './authorized-vault.js';
import type { Vault } from './vault.entity.js';
import { EnvironmentNeedsProject, EnvironmentTaken } from './vaults.errors.js';

/** Where a vault is: the UUID of its project and the name of an environment of that; null: in none. */
export type Place = Pick<Vault, 'projectId' | 'environment'>;

/** Where a request wants a vault; what is left out stays as it is. */
export interface WantedPlace {
  /** Public id of the project. */
  projectId?: string | null;
  environment?: string | null;
}

/** Where a new vault shall be, and that it may be there. */
export interface NewPlace {
  project: AuthorizedProject | null;
  environment: string | null;
}

const nowhere: Place = { projectId: null, environment: null };

/**
 * Puts vaults into projects and takes them out. Everybody to whom a project is granted reaches its vaults, so that putting one
 * there takes as much as granting it: managing both, and having all that either can give.
 */
@Injectable()
export class VaultPlaces {
  constructor(private readonly projects: ProjectsService) {}

  /**
   * Where a vault shall be that is made. It is empty, so that whoever manages the project needs nothing else.
   *
   * @throws OutsideVaults for a key that is narrowed to vaults or projects, and names none of these; UnknownProject,
   *   ProjectGrantTooLow, ScopeMissing, EnvironmentNeedsProject
   */
  ofNew(actor: Actor, { projectId = null, environment = null }: WantedPlace): NewPlace {
    if (projectId !== null) return { project: this.projects.authorizeNamed(actor, projectId), environment };
    if (environment !== null) throw new EnvironmentNeedsProject();
    if (actor.vaultIds) throw new OutsideVaults();
    return { project: null, environment: null };
  }

  /** Holds the place of a new vault. @throws UnknownProject, UnknownEnvironment */
  async holdNew(transaction: Transaction, { project, environment }: NewPlace): Promise<Place> {
    if (!project) return nowhere;
    await this.projects.holdPlace(transaction, project, environment);
    this.projects.forgetAfter(transaction, project.id);
    return { projectId: project.id, environment };
  }

  /**
   * Where a vault that the transaction has locked shall be from now on, and holds that place.
   *
   * @returns undefined when it stays where it is. To whoever does not know its project it is in none, and stays there.
   * @throws UnknownProject, ProjectGrantTooLow, ScopeMissing, RightsTooWide, EnvironmentNeedsProject, UnknownEnvironment
   */
  async holdNext(
    transaction: Transaction,
    vault: AuthorizedVault,
    present: Place,
    wanted: WantedPlace,
  ): Promise<Place | undefined> {
    const { actor } = vault;
    const shown = placeShownTo(actor, present);
    const next = placeAfter(shown, wanted);
    if (next.projectId === shown.projectId && next.environment === shown.environment) return undefined;
    const held = await this.hold(transaction, vault, next);
    for (const id of [present.projectId, held.projectId]) {
      if (id !== null) this.projects.forgetAfter(transaction, id);
    }
    return held;
  }

  private async hold(
    transaction: Transaction,
    vault: AuthorizedVault,
    { projectId, environment }: { projectId: string | null; environment: string | null },
  ): Promise<Place> {
    if (projectId === null) return nowhere;
    const project = this.projects.authorizeNamed(vault.actor, projectId);
    const granted = rightsOfGrants(new Map([[vault.id, 'manager']]), new Map([[project.id, 'manager']]));
    assertWithin(vault.actor, granted);
    await this.projects.holdPlace(transaction, project, environment);
    return { projectId: project.id, environment };
  }
}

/** Where a vault is for somebody: in no project, if they may not know of that; with the public id of the project. */
export function placeShownTo(
  viewer: Actor,
  { projectId, environment }: Place,
): { projectId: string | null; environment: string | null } {
  if (projectId === null || reachIntoProject(viewer, projectId) === undefined) return nowhere;
  return { projectId: publicId('project', projectId), environment };
}

/** What a record of a vault says of its place; nothing of a vault that is in none. */
export function placeDetails({ projectId, environment }: Place): Record<string, unknown> {
  return { projectId: projectId && publicId('project', projectId), environment };
}

/** @throws EnvironmentTaken */
export async function unlessEnvironmentTaken(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error, 'vaults_environment_key')) throw new EnvironmentTaken();
    throw error;
  }
}

/** Another project has environments of its own; no project has none. @throws EnvironmentNeedsProject */
function placeAfter(
  shown: ReturnType<typeof placeShownTo>,
  { projectId = shown.projectId, environment }: WantedPlace,
): ReturnType<typeof placeShownTo> {
  const kept = projectId === shown.projectId ? shown.environment : null;
  const next = { projectId, environment: environment === undefined ? kept : environment };
  if (next.projectId === null && next.environment !== null) throw new EnvironmentNeedsProject();
  return next;
}
