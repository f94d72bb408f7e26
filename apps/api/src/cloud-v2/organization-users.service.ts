import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { publicId } from '@credvault/database/typed-id.js';
import { inputError } from '@credvault/http/input-errors.js';
import { isEmail } from 'class-validator';
import { InvitationsService } from '../members/invitations.service.js';
import { MembersService } from '../members/members.service.js';
import { OrganizationNotFound } from '../organizations/organizations.errors.js';
import { builtInRoleOf, CloudRoles } from './cloud-roles.js';
import type { CloudAddOrganizationUserDto, CloudOrganizationUserAddedDto } from './people.dto.js';
import { CloudPeopleService } from './people.service.js';

/** Gives people roles in an organization: members at once, everybody else by an invitation that they accept. */
@Injectable()
export class CloudOrganizationUsersService {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly members: MembersService,
    private readonly invitations: InvitationsService,
    private readonly roles: CloudRoles,
  ) {}

  /**
   * @throws OrganizationNotFound, MemberNotFound; for a member what `MembersService.changeRole` throws, for others what
   *   `InvitationsService.create` throws
   */
  async add(
    actor: Actor,
    organizationId: string,
    { user, role_fqn: role }: CloudAddOrganizationUserDto,
  ): Promise<CloudOrganizationUserAddedDto> {
    if (organizationId !== actor.organizationId) throw new OrganizationNotFound();
    const place = { user, organization_id: publicId('organization', organizationId), role_fqn: role };
    const member = await this.people.find(actor, user);
    if (!member) {
      const token = await this.invite(actor, user, builtInRoleOf[role]);
      return { ...place, user_id: null, added: false, invited: true, ...(token ? { token } : {}) };
    }
    // An owner is shown as an administrator, and stays an owner when asked to be one.
    if ((await this.roles.nearestNamed(organizationId, member.role)) !== role) {
      const { memberId } = await this.people.get(actor, member.id);
      await this.members.changeRole(actor, organizationId, memberId, builtInRoleOf[role]);
    } else {
      actor.origin.event = 'member.unchanged';
    }
    return { ...place, user_id: member.id, added: true, invited: false };
  }

  /** @returns the token, where no mail carries it */
  private async invite(actor: Actor, email: string, role: string): Promise<string | undefined> {
    if (!isEmail(email) || email.length > 254) {
      const message = 'user must be the id or e-mail address of a member, or an e-mail address';
      throw inputError([{ path: 'user', code: 'isEmail', message }]);
    }
    const { answer } = await this.invitations.create(actor, actor.organizationId, { email, role });
    return answer.token;
  }
}
