import { Injectable } from '@nestjs/common';
import { memberIdOf } from '@credvault/access/member-id.js';
import { levelOfRank } from '@credvault/access/vault-levels.js';
import { publicId } from '@credvault/database/typed-id.js';
import { GrantedAlready } from '../grants/grants.errors.js';
import { GrantsService } from '../grants/grants.service.js';
import { MemberNotFound } from '../members/members.errors.js';
import type { AuthorizedProject } from '../projects/authorized-project.js';
import { levelOf, projectRoleOf, type ProjectRole } from './cloud-roles.js';
import type { CloudAddProjectUserDto, CloudProjectUserAddedDto, CloudProjectUserDto } from './people.dto.js';
import { CloudPeopleService } from './people.service.js';
import { wholeList } from './whole-list.js';

interface PersonInProject {
  /** UUID of the grant that gives them the role. */
  grantId: string;
  uid: string;
  role: ProjectRole;
}

/** People in projects: those to whom a project is granted by themselves. What teams have is in `/api/v1` alone. */
@Injectable()
export class CloudProjectUsersService {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly grants: GrantsService,
  ) {}

  /** @throws ProjectNotFound */
  async list(project: AuthorizedProject): Promise<CloudProjectUserDto[]> {
    const inProject = new Map((await this.peopleIn(project)).map((person) => [person.uid, person.role]));
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
   * Gives a member of the organization a role in a project.
   *
   * @throws ProjectNotFound, MemberNotFound, RightsTooWide
   */
  async add(
    project: AuthorizedProject,
    { user, role_fqn: role }: CloudAddProjectUserDto,
  ): Promise<CloudProjectUserAddedDto> {
    const { id: uid } = await this.people.get(project.actor, user);
    const present = (await this.peopleIn(project)).find((person) => person.uid === uid);
    if (!present) {
      try {
        await this.grants.create(project, { memberId: uid, level: levelOf[role] });
      } catch (error) {
        // Somebody else was faster: their grant is changed.
        if (error instanceof GrantedAlready) return this.add(project, { user, role_fqn: role });
        throw error;
      }
    } else if (present.role !== role) {
      await this.grants.update(project, present.grantId, levelOf[role]);
    } else {
      project.actor.origin.event = 'grant.unchanged';
    }
    const project_id = publicId('project', project.id);
    return { user, user_id: uid, project_id, role_fqn: role, added: true, invited: false };
  }

  /** @throws ProjectNotFound, MemberNotFound, also for a member who has no role in the project */
  async remove(project: AuthorizedProject, idOrEmail: string): Promise<void> {
    const { id: uid } = await this.people.get(project.actor, idOrEmail);
    const present = (await this.peopleIn(project)).find((person) => person.uid === uid);
    if (!present) throw new MemberNotFound();
    await this.grants.delete(project, present.grantId);
  }

  private async peopleIn(project: AuthorizedProject): Promise<PersonInProject[]> {
    const grants = await wholeList((query) => this.grants.list(project, query, (grant) => grant));
    return grants.flatMap(({ id: grantId, memberKind, granteeId, level }) => {
      if (memberKind !== 'person') return [];
      return [{ grantId, uid: memberIdOf(memberKind, granteeId), role: projectRoleOf(levelOfRank(level)) }];
    });
  }
}
