import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, RequiresActor } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { GrantsService } from '../grants/grants.service.js';
import { DeparturesService } from '../members/departures.service.js';
import { RemoveMemberQuery } from '../members/member.dto.js';
import { MemberIdParam, type MemberId } from '../members/member-id.js';
import { projectRoleOf } from './cloud-roles.js';
import { CloudUserDto, CloudUsersQuery } from './people.dto.js';
import { CloudPeopleService } from './people.service.js';

@ApiTags('users')
@Controller('api/v2/users')
export class CloudUsersController {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly grants: GrantsService,
    private readonly departures: DeparturesService,
  ) {}

  /**
   * List people
   * @remarks The people of the organization that the credential acts in, with their roles in it and in the projects that one
   * may see oneself.
   */
  @Get()
  @Requires('organization:read', 'member.listed')
  @AnswersList(CloudUserDto, 'The people.')
  async listUsers(@CurrentActor() actor: Actor, @Query() query: CloudUsersQuery): Promise<CloudUserDto[]> {
    if (query['no-roles'] === '1') return [];
    const people = await this.people.list(actor, publicId('organization', actor.organizationId));
    const seesProjects = actor.scopes.has('project:read');
    const grants = seesProjects ? await this.grants.listPeopleInProjects(actor) : [];
    const byPerson = Map.groupBy(grants, ({ userId }) => publicId('user', userId));
    return people.map((person) => ({
      ...person,
      project_roles: (byPerson.get(person.uid) ?? []).map(({ projectId, level }) => ({
        project_id: publicId('project', projectId),
        role_fqn: projectRoleOf(level),
      })),
    }));
  }

  /**
   * Delete somebody
   * @remarks Ends the membership of a person in the organization that the credential acts in: of others for administrators,
   * one's own with a session. Their account stays, for other organizations. 409 for the last owner, and for somebody who owns
   * API keys of `/api/v1` while `keys` does not say what becomes of them.
   */
  @Delete(':uid')
  @HttpCode(204)
  @RequiresActor('member.removed')
  @Answers(204, null, 'They do not belong to the organization any more.')
  @Fails('CONFLICT')
  async deleteUser(
    @CurrentActor() actor: Actor,
    @Param('uid', MemberIdParam) memberId: MemberId,
    @Query() query: RemoveMemberQuery,
  ): Promise<void> {
    await this.departures.remove(actor, actor.organizationId, memberId, query);
  }
}
