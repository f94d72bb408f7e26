import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@credvault/access/actor.js';
import { AddressRanges } from '@credvault/access/address-ranges.js';
import { CredentialRegistry, type CredentialResolver } from '@credvault/access/credential-registry.js';
import type { CredentialUse } from '@credvault/access/last-used.js';
import { memberRights } from '@credvault/access/member-rights.js';
import { organizationBounds } from '@credvault/access/organization-bounds.js';
import type { Transaction } from '@credvault/database/database.js';
import { boundReach, narrow } from './api-key-reach.js';
import { effectiveScopes } from './api-key-rights.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/**
 * Finds the principal behind an API key, in one statement. Its owner's role counts as it is now: whatever changes the key,
 * the membership, the organization's plan or the plan itself evicts the principal from every cache.
 */
@Injectable()
export class ApiKeyCredentials implements OnModuleInit, CredentialResolver {
  readonly prefix = 'cv_';
  readonly credentialType = 'api_key';

  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly credentials: CredentialRegistry,
  ) {}

  onModuleInit(): void {
    this.credentials.register(this);
  }

  async findPrincipal(digest: Buffer): Promise<Principal | null> {
    const row = await this.keys.findPrincipal(digest);
    if (!row) return null;
    const owner = memberRights(row);
    return {
      credentialType: this.credentialType,
      credentialId: row.id,
      secretId: row.secret_id,
      secretEndsAt: row.ends_at?.getTime(),
      userId: row.user_id,
      ofServiceAccount: row.owner_kind === 'service',
      organizationId: row.organization_id,
      ...owner,
      ...narrow(owner, boundReach(row), row.bound_environments),
      ...organizationBounds(row),
      scopes: effectiveScopes(row.scopes, owner),
      allowedAddresses: row.allowed_ips ? new AddressRanges(row.allowed_ips) : undefined,
      // An administrator's key is a key: it has scopes and nothing else.
      isSuperuser: false,
      expiresAt: row.expires_at?.getTime(),
      paused: row.paused_at !== null,
      ownerInactive: row.role === null,
      plan: row.plan,
      requestsPerMinute: row.requests_per_minute ?? undefined,
    };
  }

  stop(transaction: Transaction, { organizationId, credentialId }: Principal): Promise<boolean> {
    return this.keys.pause(transaction, organizationId, credentialId);
  }

  saveLastUsed(uses: CredentialUse[]): Promise<void> {
    return this.keys.saveLastUsed(uses);
  }
}
