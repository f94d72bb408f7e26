import { Injectable } from '@nestjs/common';
import { ScopeMissing } from '@credvault/access/access.errors.js';
import type { Actor } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database, type Transaction } from '@credvault/database/database.js';
import { publicId, uuidOf } from '@credvault/database/typed-id.js';
import { assertActsIn } from '../organizations/acts-in.js';
import { UserNotFound } from '../users/users.errors.js';
import {
  ConfigurationKeyInvalid,
  ConfigurationNotFound,
  TooManyConfigurations,
} from './configurations.errors.js';
import {
  ConfigurationsRepository,
  type Configuration,
  type ConfigurationOwner,
} from './configurations.repository.js';
import type { CloudConfigurationDto, CloudPutConfigurationDto } from './configurations.dto.js';

/** Configurations that one person, or one organization, may keep: enough for any client, too few to store data in. */
const mostConfigurations = 200;

const keyPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Small values that clients keep: for one member in one organization, or for the organization. They are no secrets. */
@Injectable()
export class ConfigurationsService {
  constructor(
    private readonly configurations: ConfigurationsRepository,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  /** @param organizationId public id; undefined: one's own. @throws OrganizationNotFound, ScopeMissing */
  async list(actor: Actor, organizationId: string | undefined): Promise<CloudConfigurationDto[]> {
    const owner = readableOwner(actor, organizationId);
    return (await this.configurations.list(owner)).map((found) => configurationDto(owner, found));
  }

  /** @throws OrganizationNotFound, ScopeMissing, ConfigurationNotFound */
  async get(actor: Actor, organizationId: string | undefined, key: string): Promise<CloudConfigurationDto> {
    const owner = readableOwner(actor, organizationId);
    const found = await this.configurations.find(owner, key);
    if (!found) throw new ConfigurationNotFound();
    return configurationDto(owner, found);
  }

  /**
   * Keeps a value; null takes away what is kept.
   *
   * @throws OrganizationNotFound, UserNotFound, ScopeMissing, ConfigurationKeyInvalid, TooManyConfigurations
   */
  async put(actor: Actor, key: string, fields: CloudPutConfigurationDto): Promise<CloudConfigurationDto> {
    const owner = writableOwner(actor, fields);
    if (!keyPattern.test(key)) throw new ConfigurationKeyInvalid();
    const configuration = { key, value: fields.value };
    await this.database.transaction(async (transaction) => {
      await this.configurations.lock(transaction, owner);
      if (configuration.value === null) {
        await this.configurations.delete(transaction, owner, key);
      } else {
        await this.keep(transaction, owner, configuration);
      }
      const isOwn = owner.userId !== null;
      await this.auditLog.recordChange(transaction, actor, {
        type: configuration.value === null ? 'configuration.deleted' : 'configuration.updated',
        status: 200,
        resourceType: isOwn ? 'user' : 'organization',
        resourceId: owner.userId ?? owner.organizationId,
        details: { key },
      });
    }, actor.organizationId);
    return configurationDto(owner, configuration);
  }

  private async keep(
    transaction: Transaction,
    owner: ConfigurationOwner,
    configuration: Configuration,
  ): Promise<void> {
    if (await this.configurations.update(transaction, owner, configuration)) return;
    const count = await this.configurations.count(transaction, owner);
    if (count >= mostConfigurations) throw new TooManyConfigurations(mostConfigurations);
    await this.configurations.insert(transaction, owner, configuration);
  }
}

function readableOwner(actor: Actor, organizationId: string | undefined): ConfigurationOwner {
  if (organizationId === undefined) return ownOf(actor);
  assertActsIn(actor, uuidOf('organization', organizationId));
  if (!actor.scopes.has('organization:read')) throw new ScopeMissing('organization:read');
  return { organizationId: actor.organizationId, userId: null };
}

function writableOwner(
  actor: Actor,
  { organization_id: organizationId, user_id: userId }: CloudPutConfigurationDto,
): ConfigurationOwner {
  if (organizationId !== undefined) assertActsIn(actor, uuidOf('organization', organizationId));
  if (userId !== undefined && uuidOf('user', userId) !== actor.userId) throw new UserNotFound();
  if (organizationId === undefined || userId !== undefined) return ownOf(actor);
  if (!actor.scopes.has('settings:modify')) throw new ScopeMissing('settings:modify');
  return { organizationId: actor.organizationId, userId: null };
}

function ownOf({ organizationId, userId }: Actor): ConfigurationOwner {
  return { organizationId, userId };
}

function configurationDto(
  { organizationId, userId }: ConfigurationOwner,
  { key, value }: Configuration,
): CloudConfigurationDto {
  const of = { key, value, organization_id: publicId('organization', organizationId) };
  return userId === null ? of : { ...of, user_id: publicId('user', userId) };
}
