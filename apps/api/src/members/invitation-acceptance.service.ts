import { Injectable } from '@nestjs/common';
import type { Actor, RequestOrigin } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { auditRow } from '@credvault/audit-log/audit-record.js';
import { assertGoodPassword } from '@credvault/crypto/passwords.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { addressBlock } from '@credvault/rate-limit/address-block.js';
import { AccountProof } from '../auth/account-proof.service.js';
import { LinkRefused } from '../auth/auth.errors.js';
import type { Unproved } from '../auth/mfa-factors.service.js';
import { optionalFactorProofOf, type FactorProof } from '../auth/mfa-proof.js';
import { SignInLimits } from '../auth/sign-in-limits.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import type { AcceptedInvitationDto, AcceptInvitationDto } from './invitation.dto.js';
import { AccountPasswordWrong, MemberAlready } from './invitations.errors.js';
import { InvitationsRepository, type PresentedInvitation } from './invitations.repository.js';
import { MembersRepository } from './members.repository.js';
import { Ownership } from './ownership.js';

/** What came of a second factor, and of the acceptance that it opened. */
type Attempt = { isProved: true; answer: AcceptedInvitationDto } | Unproved;

/**
 * Makes members of those who accept an invitation. The token shows who was invited; that they are that person shows the
 * password of their account with its second factor, or their session. It works once, and only as long as whoever made it could still make it.
 */
@Injectable()
export class InvitationAcceptanceService {
  constructor(
    private readonly invitations: InvitationsRepository,
    private readonly members: MembersRepository,
    private readonly ownership: Ownership,
    private readonly organizations: OrganizationsService,
    private readonly roles: RolesService,
    private readonly users: UsersService,
    private readonly proof: AccountProof,
    private readonly limits: SignInLimits,
    private readonly digester: TokenDigester,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * For somebody who is not signed in: with the password and the second factor of the account that the invited address has,
   * or with a password and a name for a new one, whatever the registration mode, since the organization lets them in.
   * Without the right password, nothing tells whether there is an account, unless a name and a good password would make one.
   *
   * @throws LinkRefused, AccountPasswordWrong, CodeRequired, CodeRefused, EmailTaken, MemberAlready
   * @throws TooManyAttempts; BAD_REQUEST for a weak password with a name, or for two codes
   */
  async accept(fields: AcceptInvitationDto, origin: RequestOrigin): Promise<AcceptedInvitationDto> {
    const factor = optionalFactorProofOf(fields);
    await this.limits.takeOneTimeToken(addressBlock(origin.ip));
    const invitation = await this.invitations.findByDigest(this.digester.digest(fields.token));
    if (!invitation) throw new LinkRefused();
    const { email } = invitation;
    const { name, password } = fields;
    // Whether or not there is an account: only for a new one it matters, and that would tell.
    if (name !== undefined) assertGoodPassword(password);
    const user = await this.users.findByEmail(email);
    if (!user && name !== undefined) return this.acceptAsNewcomer(invitation, { name, password }, origin);
    const proved = await this.proof.provePassword({ email, user }, password, origin);
    if (!user || !proved) throw new AccountPasswordWrong();
    return this.acceptWithAccount(invitation, user, factor, origin);
  }

  /**
   * For somebody who is signed in, in any organization, to the account that has the invited address.
   *
   * @throws LinkRefused also when the invitation is for another address; MemberAlready
   */
  acceptAs(actor: Actor, token: string, retry?: RetryKey): Promise<Outcome<AcceptedInvitationDto>> {
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const invitation = await this.invitations.findByDigest(this.digester.digest(token), transaction);
        if (!invitation || !(await this.users.hold(transaction, actor.userId))) throw new LinkRefused();
        await this.takeFor(transaction, invitation, actor.userId);
        const answer = await this.join(transaction, invitation, actor, { newAccount: false });
        return { answer, status: 200, resourceId: invitation.organizationId };
      },
      replay: (first) => this.joinedBefore(first.resourceId, actor.userId),
    });
  }

  /** With an account whose password was proved. Whatever is refused leaves the code unused, and the invitation. */
  private async acceptWithAccount(
    invitation: PresentedInvitation,
    user: User,
    factor: FactorProof | undefined,
    origin: RequestOrigin,
  ): Promise<AcceptedInvitationDto> {
    const { organizationId } = invitation;
    const attempt = (): Promise<Attempt> =>
      this.database.transaction(async (transaction) => {
        if (!(await this.proof.holdPassword(transaction, user))) throw new AccountPasswordWrong();
        const by = { origin, organizationId };
        const result = await this.proof.proveFactor(transaction, user, factor, by);
        if (!result.isProved) return result;
        await this.takeFor(transaction, invitation, user.id);
        const who = { userId: user.id, origin };
        return { ...result, answer: await this.join(transaction, invitation, who, { newAccount: false }) };
      }, organizationId);
    return (await this.proof.guardFactor(user, factor, origin, attempt)).answer;
  }

  private async acceptAsNewcomer(
    invitation: PresentedInvitation,
    { password, name }: { password: string; name: string },
    origin: RequestOrigin,
  ): Promise<AcceptedInvitationDto> {
    const request = { addressBlock: addressBlock(origin.ip) };
    const passwordHash = await this.users.hashNewPassword(password, request);
    return this.database.transaction(async (transaction) => {
      // Before the account: of two requests at once, the second finds the invitation used.
      if (!(await this.invitations.take(transaction, invitation))) throw new LinkRefused();
      const account = { email: invitation.email, name, passwordHash, isSuperuser: false };
      const { id: userId } = await this.users.create(transaction, account);
      return this.join(transaction, invitation, { userId, origin }, { newAccount: true });
    }, invitation.organizationId);
  }

  /** Uses an invitation up for an account that is held. @throws LinkRefused */
  private async takeFor(
    transaction: Transaction,
    invitation: PresentedInvitation,
    userId: string,
  ): Promise<void> {
    if (!(await this.invitations.isFor(transaction, invitation, userId))) throw new LinkRefused();
    if (!(await this.invitations.take(transaction, invitation))) throw new LinkRefused();
  }

  /** Makes whoever has used an invitation up a member. @throws LinkRefused, MemberAlready */
  private async join(
    transaction: Transaction,
    invitation: PresentedInvitation,
    { userId, origin }: Pick<Actor, 'userId' | 'origin'>,
    facts: { newAccount: boolean },
  ): Promise<AcceptedInvitationDto> {
    const { organizationId } = invitation;
    const role = await this.roles.resolve(transaction, organizationId, this.roles.nameOf(invitation));
    if (!(await this.couldStillBeMade(transaction, invitation, role))) throw new LinkRefused();
    if (!(await this.members.insert(transaction, organizationId, userId, role))) {
      throw new MemberAlready('token');
    }
    // Into the trail of the organization alone: by the account, not by a session, which is of another one.
    const entry = { type: 'invitation.accepted', status: 200, resourceType: 'invitation' as const };
    const details = { role: this.roles.nameOf(role), ...facts };
    const row = auditRow(
      { organizationId, userId, origin },
      { ...entry, resourceId: invitation.id, details },
    );
    await this.auditLog.appendRow(transaction, row);
    transaction.afterCommit(() => this.credentials.invalidate({ kind: 'user', id: userId }));
    return accepted(organizationId, invitation.organizationName, this.roles.nameOf(role));
  }

  /** An invitation is worth no more than the word of whoever made it, as they are now. */
  private async couldStillBeMade(
    transaction: Transaction,
    { organizationId, invitedBy }: PresentedInvitation,
    role: ResolvedRole,
  ): Promise<boolean> {
    const inviter = await this.organizations.rightsOf(transaction, organizationId, invitedBy);
    if (!inviter?.scopes.has('team:manage')) return false;
    if (role.role === 'owner' && !(await this.ownership.isOwner(transaction, organizationId, invitedBy))) {
      return false;
    }
    return role.scopes.isSubsetOf(inviter.scopes) && (!role.reachesAllVaults || inviter.grants === undefined);
  }

  /** What a repeated request is told, while they are a member. @throws LinkRefused */
  private async joinedBefore(organizationId: string, userId: string): Promise<AcceptedInvitationDto> {
    const member = await this.members.find(organizationId, { kind: 'person', userId });
    if (!member) throw new LinkRefused();
    const { name } = await this.organizations.get(organizationId);
    return accepted(organizationId, name, this.roles.nameOf(member));
  }
}

function accepted(id: string, name: string, role: string): AcceptedInvitationDto {
  return { organization: { id: publicId('organization', id), name }, role };
}
