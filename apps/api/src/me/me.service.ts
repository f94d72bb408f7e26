import { Injectable } from '@nestjs/common';
import type { Actor } from '@credvault/access/actor.js';
import { AuditLog } from '@credvault/audit-log/audit-log.js';
import { Database } from '@credvault/database/database.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';

/** A person, with the plan of the organization their credential acts in. */
export interface Profile {
  user: User;
  plan: string;
}

/** What an actor sees and changes of themselves. */
@Injectable()
export class MeService {
  constructor(
    private readonly users: UsersService,
    private readonly organizations: OrganizationsService,
    private readonly database: Database,
    private readonly auditLog: AuditLog,
  ) {}

  async get(actor: Actor): Promise<Profile> {
    const [user, { plan }] = await Promise.all([
      this.users.get(actor.userId),
      this.organizations.getOwn(actor),
    ]);
    return { user, plan };
  }

  /** @throws PRECONDITION_FAILED */
  async rename(actor: Actor, name: string, ifMatch?: string): Promise<Profile> {
    const user = await this.database.transaction(async (transaction) => {
      const renamed = await this.users.rename(transaction, actor.userId, name, ifMatch);
      await this.auditLog.recordChange(transaction, actor, {
        type: 'user.updated',
        status: 200,
        resourceType: 'user',
        resourceId: actor.userId,
        details: { fields: ['name'] },
      });
      return renamed;
    }, actor.organizationId);
    return { user, plan: (await this.organizations.getOwn(actor)).plan };
  }
}
