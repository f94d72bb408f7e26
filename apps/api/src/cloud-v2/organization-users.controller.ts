import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '@credvault/access/actor.js';
import { CurrentActor } from '@credvault/access/current-actor.js';
import { Requires, RequiresActor } from '@credvault/access/rules.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { Answers, AnswersList, Fails } from '@credvault/http/document/operation.js';
import { IdParam } from '@credvault/http/id-param.js';
import { RetryWith, type RetryKey } from '@credvault/http/retry-key.js';
import { RemoveMemberQuery } from '../members/member.dto.js';
import { CloudOrganizationUsersService } from './organization-users.service.js';
import {
  CloudAddOrganizationUserDto,
  CloudOrganizationUserAddedDto,
  CloudOrganizationUserDto,
} from './people.dto.js';
import { CloudPeopleService } from './people.service.js';

@ApiTags('organizations')
@Controller('api/v2/organizations/:organizationId/users')
export class CloudOrganizationUsersController {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly users: CloudOrganizationUsersService,
  ) {}

  /**
   * List the people of an organization
   * @remarks Everybody who belongs to the organization that the credential acts in. Service accounts are in `/api/v1` alone.
   */
  @Get()
  @Requires('organization:read', 'member.listed')
  @AnswersList(CloudOrganizationUserDto, 'The people.')
  listOrganizationUsers(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
  ): Promise<CloudOrganizationUserDto[]> {
    return this.people.list(actor, publicId('organization', organizationId));
  }

  /**
   * Give somebody a role in an organization
   * @remarks A member gets the role at once, in the place of the one they had; an owner stays one when asked to be an
   * administrator. An e-mail address that no member has gets an invitation, which its owner accepts.
   * Nobody gives more than they have; 409 for the last owner.
   */
  @Post()
  @HttpCode(200)
  @Requires('team:manage', 'member.updated')
  @Answers(200, CloudOrganizationUserAddedDto, 'They have the role, or are invited.')
  @Fails('CONFLICT')
  async addOrganizationUser(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Body() body: CloudAddOrganizationUserDto,
    @RetryWith() retry?: RetryKey,
  ): Promise<Answer<CloudOrganizationUserAddedDto>> {
    const { answer, headers } = await this.users.add(actor, organizationId, body, retry);
    return Answer.of(answer, { headers });
  }

  /**
   * Remove somebody from an organization
   * @remarks Ends a membership with all that hangs on it, which takes `team:manage`, or one's own, which takes a session. 409
   * for the last owner, and for somebody who owns API keys of `/api/v1` while `keys` does not say what becomes of them.
   */
  @Delete(':idOrEmail')
  @HttpCode(204)
  @RequiresActor('member.removed')
  @Answers(204, null, 'They do not belong to the organization any more.')
  @Fails('CONFLICT')
  async removeOrganizationUser(
    @CurrentActor() actor: Actor,
    @Param('organizationId', IdParam.of('organization')) organizationId: string,
    @Param('idOrEmail') idOrEmail: string,
    @Query() query: RemoveMemberQuery,
  ): Promise<void> {
    await this.users.remove(actor, organizationId, idOrEmail, query);
  }
}
