import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { CredentialRegistry } from '@credvault/access/credential-registry.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { newUuid } from '@credvault/database/typed-id.js';
import { Idempotency, type Outcome } from '@credvault/http/idempotency.js';
import { CursorCodec } from '@credvault/http/pagination/cursor-codec.js';
import type { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { toPage, type Page } from '@credvault/http/pagination/page.js';
import { parsePageRequest, type SortColumn } from '@credvault/http/pagination/page-request.js';
import type { RetryKey } from '@credvault/http/retry-key.js';
import { UsersService } from '../users/users.service.js';
import { ExternalIdentitiesRepository } from './external-identities.repository.js';
import type { ExternalIdentity } from './external-identity.js';
import { ProviderConfigurationsRepository } from './provider-configurations.repository.js';
import { SignInAttemptsRepository, type AnsweredAttempt } from './sign-in-attempts.repository.js';
import { SignInAttemptsService } from './sign-in-attempts.service.js';
import {
  CompletionRefused,
  ExternalIdentityNotFound,
  IdentityTaken,
  LinkProofRefused,
  ProviderSignInRefused,
} from './single-sign-on.errors.js';

const sortable: Record<string, SortColumn> = {
  id: { sql: 'id', type: 'uuid' },
  createdAt: { sql: 'created_at', type: 'timestamptz' },
};

/** The identities by which somebody signs in to the organization that they act in. */
@Injectable()
export class ExternalIdentitiesService {
  constructor(
    private readonly identities: ExternalIdentitiesRepository,
    private readonly attempts: SignInAttemptsService,
    private readonly rows: SignInAttemptsRepository,
    private readonly configurations: ProviderConfigurationsRepository,
    private readonly users: UsersService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
    private readonly idempotency: Idempotency,
    private readonly cursors: CursorCodec,
    private readonly credentials: CredentialRegistry,
  ) {}

  /**
   * Links the identity that was proved to the actor's account. It takes the session that asked for it: nothing that the provider
   * says links an account, least of all an e-mail address.
   *
   * @throws LinkProofRefused, SignInPending, ProviderSignInRefused, IdentityTaken, TooManyAttempts
   */
  async link(
    actor: Actor,
    { signInToken, code }: { signInToken: string; code: string },
    retry?: RetryKey,
  ): Promise<Outcome<ExternalIdentity>> {
    // Outside the transaction, which takes no other connection. A repeated request finds its answer, whatever this one proves.
    const [proof] = await Promise.allSettled([this.proved(actor, signInToken, code)]);
    return this.idempotency.once(actor, retry, {
      change: async (transaction) => {
        if (proof.status === 'rejected') throw proof.reason;
        const digest = this.attempts.digestOfToken(signInToken);
        const answer = await this.insert(transaction, actor, proof.value, digest);
        return { answer, status: 201, resourceId: answer.id };
      },
      replay: (first) => this.get(actor, first.resourceId),
    });
  }

  /** @throws ExternalIdentityNotFound */
  async get(actor: Actor, id: string): Promise<ExternalIdentity> {
    const identity = await this.identities.find(actor, id);
    if (!identity) throw new ExternalIdentityNotFound();
    return identity;
  }

  async list<T>(actor: Actor, query: ListQuery, toItem: (identity: ExternalIdentity) => T): Promise<Page<T>> {
    const page = parsePageRequest(query, {
      sortable,
      defaultSort: '-createdAt',
      defaultLimit: 50,
      cursors: this.cursors,
      list: `external-identities:${actor.organizationId}:${actor.userId}`,
    });
    return toPage(page, await this.identities.list(actor, query, page), toItem);
  }

  /** Takes an identity from the actor's account and ends the sessions that it opened. @throws ExternalIdentityNotFound */
  async unlink(actor: Actor, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const sessions = await this.identities.delete(transaction, actor, id);
      if (!sessions) throw new ExternalIdentityNotFound();
      await this.record(transaction, actor, id, { type: 'external_identity.unlinked', status: 204 });
      transaction.afterCommit(() => {
        for (const session of sessions) this.credentials.invalidate({ kind: 'credential', id: session });
      });
    }, actor.organizationId);
  }

  private async proved(actor: Actor, signInToken: string, code: string): Promise<AnsweredAttempt> {
    try {
      return await this.attempts.proved(signInToken, code, actor.origin);
    } catch (error) {
      throw error instanceof CompletionRefused ? new LinkProofRefused() : error;
    }
  }

  private async insert(
    transaction: Transaction,
    actor: Actor,
    { organizationId, configurationId, linker, identity: proved }: AnsweredAttempt,
    tokenDigest: Buffer,
  ): Promise<ExternalIdentity> {
    const isTheirs =
      linker?.sessionId === actor.credentialId &&
      linker.userId === actor.userId &&
      organizationId === actor.organizationId;
    if (!isTheirs) throw new LinkProofRefused();
    const held = { organizationId, id: configurationId };
    const configuration = await this.configurations.hold(transaction, held);
    if (!configuration) throw new ProviderSignInRefused('configuration_changed');
    if (!(await this.rows.take(transaction, tokenDigest))) throw new LinkProofRefused();
    const key = { organizationId, issuer: configuration.issuer, subject: proved.subject };
    await this.identities.lock(transaction, key);
    if (await this.identities.findByKey(transaction, key)) throw new IdentityTaken();
    const { userId } = actor;
    if (!(await this.users.hold(transaction, userId))) throw new ProviderSignInRefused('not_a_member');
    const times = { createdAt: new Date(), lastUsedAt: null };
    const identity = { ...key, id: newUuid(), userId, email: proved.email, ...times };
    await this.identities.insert(transaction, identity);
    await this.record(transaction, actor, identity.id, { type: 'external_identity.linked', status: 201 });
    return identity;
  }

  private record(
    transaction: Transaction,
    actor: Actor,
    id: string,
    entry: { type: string; status: number },
  ): Promise<void> {
    const what = { resourceType: 'externalIdentity' as const, resourceId: id };
    return this.auditLog.recordChange(transaction, actor, { ...entry, ...what });
  }
}
