import { Injectable } from '@nestjs/common';
import type { Role } from '@credvault/access/roles.js';
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

  /** @param organizationId the organization that has the custom role, as UUID */
  async nearest(
    organizationId: string,
    assigned: { role: string; customRoleId: string | null },
  ): Promise<OrganizationRole> {
    return this.nearestNamed(organizationId, this.roles.nameOf(assigned));
  }

  /** @param name as `/api/v1` names a role: built in, or the id of a custom one */
  async nearestNamed(organizationId: string, name: string): Promise<OrganizationRole> {
    const { scopes } = await this.roles.resolve(undefined, organizationId, name);
    return scopes.has('team:manage') ? 'org_admin' : 'org_member';
  }
}
