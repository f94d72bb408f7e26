import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { TokenDigester } from '@credvault/crypto/token-digest.js';
import { mintToken } from '@credvault/crypto/tokens.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid, publicId } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { Mailer } from '@credvault/mail/mailer.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { RolesService, type ResolvedRole } from '../roles/roles.service.js';
import {
  invitationDto,
  type CreateInvitationDto,
  type InvitationDto,
  type InvitationsQuery,
  type InvitationView,
  type MintedInvitationDto,
} from './invitation.dto.js';
import type { Invitation } from './invitation.entity.js';
import { InvitationLimits } from './invitation-limits.js';
import { acceptUrl, invitationMail, type InvitationMail } from './invitation-mail.js';
import {
  InvitationNotFound,
  InvitationShownOnce,
  MemberAlready,
  TooManyInvitations,
} from './invitations.errors.js';
import { InvitationsRepository } from './invitations.repository.js';
import { MembersRepository } from './members.repository.js';
import { Ownership } from './ownership.js';

/** All of a mail but where this service is. */
type UnsentMail = Omit<InvitationMail, 'publicUrl'>;

/** The issue: a link works for 7 days. */
const lifetime = 7 * 24 * 60 * 60_000;

/** Open invitations of one organization: more than a large company sends in a week. */
const mostOpen = 1_000;

const sortable: Record<string, SortColumn> = {
  id: { sql: 'i.id', type: 'uuid' },
  createdAt: { sql: 'i.created_at', type: 'timestamptz' },
  expiresAt: { sql: 'i.expires_at', type: 'timestamptz' },
  email: { sql: 'i.email', type: 'text' },
};

/** Invites people to an organization. Nobody becomes a member without having accepted. */
@Injectable()
export class InvitationsService {
  private readonly logger = new Logger(InvitationsService.name);

  constructor(
    private readonly invitations: InvitationsRepository,
    private readonly members: MembersRepository,
    private readonly organizations: OrganizationsService,
    private readonly roles: RolesService,
    private readonly ownership: Ownership,
    private readonly limits: InvitationLimits,
    private readonly mailer: Mailer,
    private readonly digester: TokenDigester,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    @Inject(settingsToken) private readonly settings: Settings,
  ) {}

  /**
   * Invites the owner of an e-mail address; the invitation they had before works no longer. The token goes to the mailbox
   * or, where no mail can be sent, to whoever invites.
   *
   * @throws OrganizationNotFound, UnknownRole, RightsTooWide, OwnerNeeded, MemberAlready, TooManyInvitations, TooManyAttempts
   * @throws InvitationShownOnce for a repeated request, where the token was in the answer
   */
  async create(
    actor: Actor,
    organizationId: string,
    fields: CreateInvitationDto,
    retry?: RetryKey,
  ): Promise<Outcome<MintedInvitationDto>> {
    assertActsIn(actor, organizationId);
    const organization = await this.organizations.get(organizationId);
    const mayMail = this.mailer.isConfigured && (await this.limits.take(organizationId, fields.email));
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        const { id, answer, mail } = await this.issue(transaction, actor, organization.name, fields);
        transaction.afterCommit(() => this.send(mail, mayMail));
        return { answer, status: 201, resourceId: id };
      },
      replay: (first) => this.replay(actor, first.resourceId),
    });
  }

  /** @throws OrganizationNotFound, InvitationNotFound */
  async get(actor: Actor, organizationId: string, id: string): Promise<InvitationDto> {
    assertActsIn(actor, organizationId);
    return this.view(organizationId, id);
  }

  /** @throws OrganizationNotFound */
  async list(actor: Actor, organizationId: string, query: InvitationsQuery): Promise<Page<InvitationDto>> {
    assertActsIn(actor, organizationId);
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `invitations:${organizationId}`,
    });
    const found = await this.invitations.list(organizationId, query, page);
    return toPage(page, found, (invitation) => this.toDto(invitation));
  }

  /** Takes an invitation back: its token works no longer. @throws OrganizationNotFound, InvitationNotFound */
  async delete(actor: Actor, organizationId: string, id: string): Promise<void> {
    assertActsIn(actor, organizationId);
    await this.database.transaction(async (transaction) => {
      if (!(await this.invitations.delete(transaction, organizationId, id))) throw new InvitationNotFound();
      await this.auditLog.recordChange(transaction, actor, {
        type: 'invitation.deleted',
        status: 204,
        resourceType: 'invitation',
        resourceId: id,
      });
    }, organizationId);
  }

  private async issue(
    transaction: Transaction,
    actor: Actor,
    organization: string,
    { email, role: roleName }: CreateInvitationDto,
  ): Promise<{ id: string; answer: MintedInvitationDto; mail: UnsentMail }> {
    const { organizationId } = actor;
    const role = await this.roles.resolve(transaction, organizationId, roleName);
    this.roles.assertMayAssign(actor, role);
    if (role.role === 'owner') await this.ownership.assertMayGive(transaction, actor);
    if (await this.members.hasAddress(transaction, organizationId, email)) throw new MemberAlready('email');
    const token = mintToken('cvinv_');
    const invitation = newInvitation(actor, email, role, this.digester.digest(token));
    const others = await this.invitations.lockAndCountOthers(transaction, invitation);
    if (others >= mostOpen) throw new TooManyInvitations(mostOpen);
    await this.invitations.replace(transaction, invitation);
    await this.auditLog.recordChange(transaction, actor, {
      type: 'invitation.created',
      status: 201,
      resourceType: 'invitation',
      resourceId: invitation.id,
      details: { role: roleName },
    });
    const { id, expiresAt } = invitation;
    const mail = { to: email, token, expiresAt, organizationId, organization };
    return { id, answer: this.minted(await this.view(organizationId, id, transaction), token), mail };
  }

  private async view(organizationId: string, id: string, transaction?: Transaction): Promise<InvitationDto> {
    const invitation = await this.invitations.find(organizationId, id, transaction);
    if (!invitation) throw new InvitationNotFound();
    return this.toDto(invitation);
  }

  private send(mail: UnsentMail, mayMail: boolean): void {
    if (mayMail) return this.mailer.post(invitationMail({ publicUrl: this.settings.publicUrl, ...mail }));
    this.logger.warn(
      this.mailer.isConfigured
        ? 'An invitation was made, but no mail was sent: several organizations have invited this address too often in the last hour.'
        : 'An invitation was made, but no mail was sent: SMTP_URL is not set. Its token is in the answer to whoever made it.',
    );
  }

  /** What a repeated request is told: all but the token, which was shown once. */
  private async replay(actor: Actor, id: string): Promise<MintedInvitationDto> {
    if (!this.mailer.isConfigured) throw new InvitationShownOnce(publicId('invitation', id));
    return this.minted(await this.get(actor, actor.organizationId, id));
  }

  private minted(dto: InvitationDto, token?: string): MintedInvitationDto {
    const mailed = this.mailer.isConfigured;
    const shown = mailed ? {} : { token };
    return { ...dto, mailed, ...shown, acceptUrl: acceptUrl(this.settings.publicUrl) };
  }

  private toDto(invitation: InvitationView): InvitationDto {
    return invitationDto(invitation, this.roles.nameOf(invitation));
  }
}

function newInvitation(
  { organizationId, userId }: Actor,
  email: string,
  { role, customRoleId }: ResolvedRole,
  digest: Buffer,
): Invitation {
  const now = Date.now();
  return {
    organizationId,
    id: newUuid(),
    email,
    role,
    customRoleId,
    digest,
    invitedBy: userId,
    expiresAt: new Date(now + lifetime),
    createdAt: new Date(now),
  };
}
