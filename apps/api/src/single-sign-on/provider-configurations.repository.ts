import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '@credvault/database/database.js';
import type { ProviderConfiguration } from './provider-configuration.js';

const columns = `organization_id AS "organizationId", id, issuer, client_id AS "clientId", client_secret AS "clientSecret", domain,
  domain_token AS "domainToken", domain_verified_at AS "domainVerifiedAt", default_role AS role,
  custom_role_id AS "customRoleId", enabled, configured_by AS "configuredBy", revision, created_at AS "createdAt",
  updated_at AS "updatedAt"`;

/** How organizations have set single sign-on up. */
@Injectable()
export class ProviderConfigurationsRepository {
  constructor(private readonly database: Database) {}

  async find(organizationId: string): Promise<ProviderConfiguration | undefined> {
    const [row] = await this.database.rows<ProviderConfiguration>(
      `SELECT ${columns} FROM single_sign_on WHERE organization_id = $1`,
      [organizationId],
    );
    return row;
  }

  /** The configuration that a domain counts for, if it is switched on. */
  async findByDomain(domain: string): Promise<ProviderConfiguration | undefined> {
    const [row] = await this.database.rows<ProviderConfiguration>(
      `SELECT ${columns} FROM single_sign_on
       WHERE domain = $1 AND domain_verified_at IS NOT NULL AND enabled`,
      [domain],
    );
    return row;
  }

  /** Locks the organization, so that of two changes at once the second sees the first; gives what there is. */
  async lock(transaction: Transaction, organizationId: string): Promise<ProviderConfiguration | undefined> {
    await transaction.rows(`SELECT 1 FROM organizations WHERE id = $1 FOR NO KEY UPDATE`, [organizationId]);
    const [row] = await transaction.rows<ProviderConfiguration>(
      `SELECT ${columns} FROM single_sign_on WHERE organization_id = $1 FOR UPDATE`,
      [organizationId],
    );
    return row;
  }

  /**
   * As `lock`, with the configuration of another organization that the domain counts for, if there is one. Both organizations are
   * locked in one order, so that two that want a domain of each other do not wait for each other for ever.
   */
  async lockDomain(
    transaction: Transaction,
    organizationId: string,
    domain: string,
  ): Promise<{ present?: ProviderConfiguration; holder?: ProviderConfiguration }> {
    await transaction.rows(
      `SELECT 1 FROM organizations WHERE id = $1
         OR id = (SELECT organization_id FROM single_sign_on WHERE domain = $2 AND domain_verified_at IS NOT NULL)
       ORDER BY id FOR NO KEY UPDATE`,
      [organizationId, domain],
    );
    const rows = await transaction.rows<ProviderConfiguration>(
      `SELECT ${columns} FROM single_sign_on
       WHERE organization_id = $1 OR (domain = $2 AND domain_verified_at IS NOT NULL)
       ORDER BY organization_id FOR UPDATE`,
      [organizationId, domain],
    );
    return {
      present: rows.find((row) => row.organizationId === organizationId),
      holder: rows.find((row) => row.organizationId !== organizationId),
    };
  }

  /** A configuration that is switched on and still the same; nobody changes it before the transaction ends. */
  async hold(
    transaction: Transaction,
    { organizationId, id }: Pick<ProviderConfiguration, 'organizationId' | 'id'>,
  ): Promise<ProviderConfiguration | undefined> {
    const [row] = await transaction.rows<ProviderConfiguration>(
      `SELECT ${columns} FROM single_sign_on WHERE organization_id = $1 AND id = $2 AND enabled FOR SHARE`,
      [organizationId, id],
    );
    return row;
  }

  /** Stores a configuration in place of the one there is. */
  async save(transaction: Transaction, one: ProviderConfiguration): Promise<void> {
    await transaction.rows(
      `INSERT INTO single_sign_on (organization_id, id, issuer, client_id, client_secret, domain, domain_token,
         domain_verified_at, default_role, custom_role_id, enabled, configured_by, revision, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       ON CONFLICT (organization_id) DO UPDATE SET id = excluded.id, issuer = excluded.issuer,
         client_id = excluded.client_id, client_secret = excluded.client_secret, domain = excluded.domain,
         domain_token = excluded.domain_token, domain_verified_at = excluded.domain_verified_at,
         default_role = excluded.default_role, custom_role_id = excluded.custom_role_id, enabled = excluded.enabled,
         configured_by = excluded.configured_by, revision = excluded.revision, updated_at = excluded.updated_at`,
      [
        one.organizationId,
        one.id,
        one.issuer,
        one.clientId,
        one.clientSecret,
        one.domain,
        one.domainToken,
        one.domainVerifiedAt,
        one.role,
        one.customRoleId,
        one.enabled,
        one.configuredBy,
        one.revision,
        one.createdAt,
        one.updatedAt,
      ],
    );
  }

  async delete(transaction: Transaction, organizationId: string): Promise<void> {
    await transaction.rows(`DELETE FROM single_sign_on WHERE organization_id = $1`, [organizationId]);
  }

  /** Takes away the sign-ins that are under way. */
  async deleteAttempts(transaction: Transaction, organizationId: string): Promise<void> {
    await transaction.rows(`DELETE FROM single_sign_on_attempts WHERE organization_id = $1`, [
      organizationId,
    ]);
  }

  /**
   * Ends the sessions that a provider vouched for.
   *
   * @param exceptIssuer whose sessions go on; undefined: none
   * @returns their ids
   */
  async deleteSessions(
    transaction: Transaction,
    organizationId: string,
    exceptIssuer?: string,
  ): Promise<string[]> {
    const rows = await transaction.rows<{ id: string }>(
      `DELETE FROM sessions s USING external_identities i
       WHERE s.organization_id = $1 AND i.organization_id = $1 AND i.id = s.external_identity_id
         AND i.issuer IS DISTINCT FROM $2 RETURNING s.id`,
      [organizationId, exceptIssuer],
    );
    return rows.map(({ id }) => id);
  }
}
