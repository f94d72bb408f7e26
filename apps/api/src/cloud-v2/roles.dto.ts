import { IsIn } from 'class-validator';
import {
  organizationRoles,
  projectRoles,
  roleNames,
  type OrganizationRole,
  type ProjectRole,
} from './cloud-roles.js';

const ids = [...organizationRoles, ...projectRoles];

/** A role that people can have. */
export class CloudRoleDto {
  /**
   * How other requests and answers name the role (`role_fqn`).
   * @example "org_admin"
   */
  @IsIn(ids)
  id!: OrganizationRole | ProjectRole;

  /**
   * Name of the role.
   * @example "Organization Admin"
   */
  name!: string;
}

/** All roles, those of organizations first. */
export function roleDtos(): CloudRoleDto[] {
  return ids.map((id) => ({ id, name: roleNames[id] }));
}
