import { ApiKeySecret } from './api-keys/api-key-secret.entity.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { ApiToken } from './api-tokens/api-token.entity.js';
import { Session } from './auth/session.entity.js';
import { Grant } from './grants/grant.entity.js';
import { Invitation } from './members/invitation.entity.js';
import { ServiceAccount } from './members/service-account.entity.js';
import { Membership } from './organizations/membership.entity.js';
import { Organization } from './organizations/organization.entity.js';
import { Plan } from './plans/plan.entity.js';
import { ProjectEnvironment } from './projects/project-environment.entity.js';
import { Project } from './projects/project.entity.js';
import { Role } from './roles/role.entity.js';
import { SecretVersion } from './secrets/secret-version.entity.js';
import { Secret } from './secrets/secret.entity.js';
import { Subscription } from './subscriptions/subscription.entity.js';
import { TeamMember } from './teams/team-member.entity.js';
import { Team } from './teams/team.entity.js';
import { User } from './users/user.entity.js';
import { Vault } from './vaults/vault.entity.js';

/** Every entity of every domain: part of the composition root, beside `app.module.ts`. */
export const entities = [
  ApiKey,
  ApiKeySecret,
  ApiToken,
  Grant,
  Invitation,
  Membership,
  Organization,
  Plan,
  Project,
  ProjectEnvironment,
  Role,
  Secret,
  SecretVersion,
  ServiceAccount,
  Session,
  Subscription,
  Team,
  TeamMember,
  User,
  Vault,
];
