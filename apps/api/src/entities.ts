import { ApiKeySecret } from './api-keys/api-key-secret.entity.js';
import { ApiKey } from './api-keys/api-key.entity.js';
import { ApiToken } from './api-tokens/api-token.entity.js';
import { Session } from './auth/session.entity.js';
import { Membership } from './organizations/membership.entity.js';
import { Organization } from './organizations/organization.entity.js';
import { Plan } from './plans/plan.entity.js';
import { SecretVersion } from './secrets/secret-version.entity.js';
import { Secret } from './secrets/secret.entity.js';
import { User } from './users/user.entity.js';
import { Vault } from './vaults/vault.entity.js';

/** Every entity of every domain: part of the composition root, beside `app.module.ts`. */
export const entities = [
  ApiKey,
  ApiKeySecret,
  ApiToken,
  Membership,
  Organization,
  Plan,
  Secret,
  SecretVersion,
  Session,
  User,
  Vault,
];
