import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { reachIntoProject } from '@credvault/access/project-levels.js';
import { lacksSecondFactor } from '@credvault/access/second-factor.js';
import { UserHmac } from '@credvault/crypto/user-hmac.js';
import { publicId } from '@credvault/database/typed-id.js';
import { OwnOrganizationsService } from '../organizations/own-organizations.service.js';
import { ProjectsService } from '../projects/projects.service.js';
import { UsersService } from '../users/users.service.js';
import { CloudRoles, projectRoleOf } from './cloud-roles.js';
import type {
  CloudCurrentUserDto,
  CloudOrganizationRoleDto,
  CloudProjectRoleDto,
} from './current-user.dto.js';
import { identityProvider } from './people.dto.js';
import { wholeList } from './whole-list.js';

/** Whoever asks, as this API shows them. */
@Injectable()
export class CloudCurrentUserService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OwnOrganizationsService,
    private readonly projects: ProjectsService,
    private readonly roles: CloudRoles,
    private readonly hmac: UserHmac,
  ) {}

  async get(actor: Actor): Promise<CloudCurrentUserDto> {
    const [user, organizationRoles, projectRoles] = await Promise.all([
      this.users.get(actor.userId),
      this.organizationRolesOf(actor),
      this.projectRolesOf(actor),
    ]);
    const uid = publicId('user', user.id);
    return {
      uid,
      email: user.email,
      username: user.email,
      name: user.name,
      idp: identityProvider,
      hmac: this.hmac.sign(uid),
      is_superuser: user.isSuperuser,
      status: 'active',
      organization_id: publicId('organization', actor.organizationId),
      organization_roles: organizationRoles,
      project_roles: projectRoles,
    };
  }

  private async organizationRolesOf(actor: Actor): Promise<CloudOrganizationRoleDto[]> {
    const organizations = await wholeList((query) => this.organizations.list(actor, query, (found) => found));
    return (await this.roles.inEach(organizations)).map(({ organization, role }) => ({
      organization_id: publicId('organization', organization.id),
      role_fqn: role,
    }));
  }

  /** Whoever sees no projects has no role in any, and who is kept out for want of a second factor sees none. */
  private async projectRolesOf(actor: Actor): Promise<CloudProjectRoleDto[]> {
    if (!actor.scopes.has('project:read') || lacksSecondFactor(actor)) return [];
    const ids = await wholeList((query) => this.projects.list(actor, query, ({ id }) => id));
    return ids.map((id) => ({
      project_id: publicId('project', id),
      role_fqn: projectRoleOf(reachIntoProject(actor, id) ?? 'reader'),
    }));
  }
}
