import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { parseMemberId } from '@credvault/access/member-id.js';
import { uuidOf } from '@credvault/database/typed-id.js';
import { canonicalAddress } from '@credvault/mail/mail-address.js';
import type { MemberDto } from '../members/member.dto.js';
import type { MemberId } from '../members/member-id.js';
import { MemberNotFound } from '../members/members.errors.js';
import { MembersService } from '../members/members.service.js';
import { CloudRoles } from './cloud-roles.js';
import { identityProvider, type CloudOrganizationUserDto, type CloudPersonDto } from './people.dto.js';
import { wholeList } from './whole-list.js';

/** A person whom a request names. */
export type NamedPerson = MemberDto & { memberId: MemberId };

/** The people of the organization that an actor acts in, as this API shows and names them. Service accounts are none. */
@Injectable()
export class CloudPeopleService {
  constructor(
    private readonly members: MembersService,
    private readonly roles: CloudRoles,
  ) {}

  /** @param organizationId its public id. @throws OrganizationNotFound, ScopeMissing */
  async list(actor: Actor, organizationId: string): Promise<CloudOrganizationUserDto[]> {
    assertSeesPeople(actor);
    const uuid = uuidOf('organization', organizationId) ?? '';
    const members = await wholeList((query) => this.members.list(actor, uuid, { ...query, type: 'user' }));
    return (await this.roles.nearestOf(uuid, members)).map(({ item, role }) => ({
      ...personDto(item),
      organization_roles: [{ organization_id: organizationId, role_fqn: role }],
    }));
  }

  /**
   * The person whom a request names by their id or their e-mail address, whatever its case; undefined for an e-mail address
   * that no member has.
   *
   * @throws MemberNotFound for an id that no member has; ScopeMissing for whoever may not know who is a member
   */
  async find(actor: Actor, idOrEmail: string): Promise<NamedPerson | undefined> {
    assertSeesPeople(actor);
    const { organizationId } = actor;
    const found = idOrEmail.includes('@')
      ? await this.members.findByAddress(actor, organizationId, canonicalAddress(idOrEmail))
      : await this.members.get(actor, organizationId, personId(idOrEmail));
    return found && { ...this.members.toDto(found), memberId: { kind: 'person', userId: found.id } };
  }

  /** As `find`, for somebody who must be a member. @throws MemberNotFound, ScopeMissing */
  async get(actor: Actor, idOrEmail: string): Promise<NamedPerson> {
    const member = await this.find(actor, idOrEmail);
    if (!member) throw new MemberNotFound();
    return member;
  }

  /** As `find`, undefined also for an id that no member has. @throws ScopeMissing */
  async findNamed(actor: Actor, idOrEmail: string): Promise<NamedPerson | undefined> {
    try {
      return await this.find(actor, idOrEmail);
    } catch (error) {
      if (error instanceof MemberNotFound) return undefined;
      throw error;
    }
  }
}

export function personDto({ id, name, email }: MemberDto): CloudPersonDto {
  const address = email ?? '';
  return { uid: id, email: address, username: address, name, idp: identityProvider };
}

function assertSeesPeople({ scopes }: Actor): void {
  if (!scopes.has('organization:read')) throw new ScopeMissing('organization:read');
}

function personId(text: string): MemberId {
  const parsed = parseMemberId(text);
  if (parsed?.kind !== 'person') throw new MemberNotFound();
  return { kind: parsed.kind, userId: parsed.uuid };
}
