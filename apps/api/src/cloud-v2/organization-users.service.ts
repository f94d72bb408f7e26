import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { publicId } from '@credvault/database/typed-id.js';
import type { Outcome } from '@credvault/http/idempotency.js';
import { inputError } from '@credvault/http/input-errors.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { readMailAddress } from '@credvault/mail/mail-address.js';
import { DeparturesService } from '../members/departures.service.js';
import { InvitationsService } from '../members/invitations.service.js';
import type { RemoveMemberQuery } from '../members/member.dto.js';
import { MemberNotFound } from '../members/members.errors.js';
import { MembersService } from '../members/members.service.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { builtInRoleOf, stayingWith } from './cloud-roles.js';
import type { CloudAddOrganizationUserDto, CloudOrganizationUserAddedDto } from './people.dto.js';
import { CloudPeopleService } from './people.service.js';

type MintedInvitation = Awaited<ReturnType<InvitationsService['create']>>['answer'];

/** Gives people roles in an organization: members at once, everybody else by an invitation that they accept; and takes them. */
@Injectable()
export class CloudOrganizationUsersService {
  constructor(
    private readonly people: CloudPeopleService,
    private readonly members: MembersService,
    private readonly invitations: InvitationsService,
    private readonly departures: DeparturesService,
  ) {}

  /**
   * Gives a member a role at once, and invites everybody else. An owner is shown as an administrator, and stays an owner when
   * asked to be one.
   *
   * @throws OrganizationNotFound, MemberNotFound; for a member what `MembersService.giveRole` throws, for others what
   *   `InvitationsService.create` throws
   */
  async add(
    actor: Actor,
    organizationId: string,
    { user, role_fqn: role }: CloudAddOrganizationUserDto,
    retry?: RetryKey,
  ): Promise<Outcome<CloudOrganizationUserAddedDto>> {
    assertActsIn(actor, organizationId);
    const place = { user, organization_id: publicId('organization', organizationId), role_fqn: role };
    const member = await this.people.find(actor, user);
    if (!member) {
      const { answer, headers } = await this.invite(actor, user, builtInRoleOf[role], retry);
      const token = answer.token === undefined ? {} : { token: answer.token };
      return { answer: { ...place, user_id: null, added: false, invited: true, ...token }, headers };
    }
    const wanted = { role: builtInRoleOf[role], instead: stayingWith[role] };
    const { headers } = await this.members.giveRole(actor, member.memberId, wanted, retry);
    return { answer: { ...place, user_id: member.id, added: true, invited: false }, headers };
  }

  /**
   * Ends a membership. Who may not do that to others is told so before anything of whom they name.
   *
   * @throws OrganizationNotFound, ScopeMissing, MemberNotFound, and what `DeparturesService.remove` throws
   */
  async remove(
    actor: Actor,
    organizationId: string,
    idOrEmail: string,
    query: RemoveMemberQuery,
  ): Promise<void> {
    assertActsIn(actor, organizationId);
    const member = await this.people.findNamed(actor, idOrEmail);
    if (member?.memberId.userId !== actor.userId) assertManagesTeam(actor);
    if (!member) throw new MemberNotFound();
    await this.departures.remove(actor, organizationId, member.memberId, query);
  }

  private async invite(
    actor: Actor,
    address: string,
    role: string,
    retry: RetryKey | undefined,
  ): Promise<Outcome<MintedInvitation>> {
    const email = readMailAddress(address);
    if (email === undefined) {
      const message = 'user must be the id or e-mail address of a member, or an e-mail address';
      throw inputError([{ path: 'user', code: 'isEmail', message }]);
    }
    return this.invitations.create(actor, actor.organizationId, { email, role }, retry);
  }
}

/** @throws ScopeMissing */
function assertManagesTeam({ scopes }: Actor): void {
  if (!scopes.has('team:manage')) throw new ScopeMissing('team:manage');
}
