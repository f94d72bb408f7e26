import { Injectable } from '@nestjs/common';
import { memberIdOf } from '@credvault/access/member-id.js';
import { levelOfRank } from '@credvault/access/vault-levels.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { GrantsService } from '../grants/grants.service.js';
import { MemberGrantsService } from '../grants/member-grants.service.js';
import { MemberNotFound } from '../members/members.errors.js';
import type { AuthorizedProject } from '../projects/authorized-project.js';
import { levelOf, projectRoleOf, type ProjectRole } from './cloud-roles.js';
import type { CloudAddProjectUserDto, CloudProjectUserAddedDto, CloudProjectUserDto } from './people.dto.js';
import { CloudPeopleService } from './people.service.js';
import { wholeList } from './whole-list.js';

/** People in projects: those to whom a project is granted by themselves. What teams have is in `/api/v1` alone. */
@Injectable()
export class CloudProjectUsersService {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly grants: GrantsService,
    private readonly memberGrants: MemberGrantsService,
  ) {}

  /** @throws ProjectNotFound */
  async list(project: AuthorizedProject): Promise<CloudProjectUserDto[]> {
    const inProject = await this.rolesIn(project);
    const people = await this.people.list(project.actor, publicId('organization', project.organizationId));
    return people.flatMap(({ organization_roles: _roles, ...person }) => {
      const role = inProject.get(person.uid);
      if (role === undefined) return [];
      return [
        { ...person, project_roles: [{ project_id: publicId('project', project.id), role_fqn: role }] },
      ];
    });
  }

  /**
   * Gives a member of the organization a role in a project: exactly what the role means, be it less than they had.
   *
   * @throws ProjectNotFound, MemberNotFound, RightsTooWide
   */
  async add(
    project: AuthorizedProject,
    { user, role_fqn: role }: CloudAddProjectUserDto,
    retry?: RetryKey,
  ): Promise<Outcome<CloudProjectUserAddedDto>> {
    const { id: user_id, memberId } = await this.people.get(project.actor, user);
    const { headers } = await this.memberGrants.give(project, memberId.userId, levelOf[role], retry);
    const project_id = publicId('project', project.id);
    return { answer: { user, user_id, project_id, role_fqn: role, added: true, invited: false }, headers };
  }

  /** @throws ProjectNotFound, MemberNotFound, also for a member who has no role in the project */
  async remove(project: AuthorizedProject, idOrEmail: string): Promise<void> {
    const { memberId } = await this.people.get(project.actor, idOrEmail);
    if (!(await this.memberGrants.takeBack(project, memberId.userId))) throw new MemberNotFound();
  }

  /** The role of each person in a project, by their public id. */
  private async rolesIn(project: AuthorizedProject): Promise<Map<string, ProjectRole>> {
    const grants = await wholeList((query) => this.grants.list(project, query, (grant) => grant));
    return new Map(
      grants.flatMap(({ memberKind, granteeId, level }) =>
        memberKind === 'person'
          ? [[memberIdOf(memberKind, granteeId), projectRoleOf(levelOfRank(level))] as const]
          : [],
      ),
    );
  }
}
