import { Injectable } from '@nestjs/common';
import type { Role } from '@credvault/access/roles.js';
import type { Scope } from '@credvault/access/scopes.js';
import type { VaultLevel } from '@credvault/access/vault-levels.js';
import { RolesService } from '../roles/roles.service.js';

/** The roles of organizations in this API. */
export const organizationRoles = ['org_admin', 'org_member'] as const;
export type OrganizationRole = (typeof organizationRoles)[number];

/** The roles of projects in this API. */
export const projectRoles = ['project_admin', 'project_member'] as const;
export type ProjectRole = (typeof projectRoles)[number];

/** The name of each role, for people. */
export const roleNames: Record<OrganizationRole | ProjectRole, string> = {
  org_admin: 'Organization Admin',
  org_member: 'Organization Member',
  project_admin: 'Project Admin',
  project_member: 'Project Member',
};

/** What somebody gets who is given a role of this API. */
export const builtInRoleOf: Record<OrganizationRole, Role> = { org_admin: 'admin', org_member: 'developer' };

/** With which other roles somebody is what they are asked to be, and more: they stay that. */
export const stayingWith: Record<OrganizationRole, readonly Role[]> = {
  org_admin: ['owner'],
  org_member: [],
};

/** How far a project is granted to somebody who is given a role in it. */
export const levelOf: Record<ProjectRole, VaultLevel> = {
  project_admin: 'manager',
  project_member: 'editor',
};

/** The role in a project that comes nearest to a grant of it. */
export function projectRoleOf(level: VaultLevel): ProjectRole {
  return level === 'manager' ? 'project_admin' : 'project_member';
}

/** Which role of this API comes nearest to a role of an organization: whoever manages the team administers it. */
@Injectable()
export class CloudRoles {
  constructor(private readonly roles: RolesService) {}

  /**
   * The role that somebody has in each of these organizations, in one statement however many there are; with the organizations
   * in the order in which they came.
   */
  async inEach<T extends { id: string; role: string; customRoleId: string | null }>(
    organizations: readonly T[],
  ): Promise<{ organization: T; role: OrganizationRole; showsProjects: boolean }[]> {
    const scopes = await this.roles.scopesOf(
      organizations.map((one) => ({ organizationId: one.id, name: this.roles.nameOf(one) })),
    );
    return organizations.map((organization, at) => ({
      organization,
      role: nearest(scopes[at]),
      showsProjects: scopes[at]?.has('project:read') ?? false,
    }));
  }

  /**
   * The nearest role of everything that has one in an organization, in one statement.
   *
   * @param items their roles as `/api/v1` names them: built in, or the id of a custom one
   */
  async nearestOf<T extends { role: string }>(
    organizationId: string,
    items: readonly T[],
  ): Promise<{ item: T; role: OrganizationRole }[]> {
    const names = [...new Set(items.map(({ role }) => role))];
    const scopes = await this.roles.scopesOf(names.map((name) => ({ organizationId, name })));
    const roles = new Map(names.map((name, at) => [name, nearest(scopes[at])]));
    return items.map((item) => ({ item, role: roles.get(item.role) ?? 'org_member' }));
  }
}

function nearest(scopes: ReadonlySet<Scope> | undefined): OrganizationRole {
  return scopes?.has('team:manage') ? 'org_admin' : 'org_member';
}
