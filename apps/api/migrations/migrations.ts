import { Foundation1763700000000 } from './1763700000000-foundation.js';
import { ApiKeys1763900000000 } from './1763900000000-api-keys.js';
import { Organizations1764000000000 } from './1764000000000-organizations.js';
import { MailLinks1764100000000 } from './1764100000000-mail-links.js';
import { Mfa1764200000000 } from './1764200000000-mfa.js';
import { Projects1764300000000 } from './1764300000000-projects.js';
import { OrganizationSettings1764400000000 } from './1764400000000-settings.js';
import { Recovery1764500000000 } from './1764500000000-recovery.js';
import { SingleSignOn1764600000000 } from './1764600000000-single-sign-on.js';
import { Subscriptions1764700000000 } from './1764700000000-subscriptions.js';
import { CloudV21764800000000 } from './1764800000000-cloud-v2.js';
import { Indexes1764900000000 } from './1764900000000-indexes.js';
import { DeletedVaultGrantees1765000000000 } from './1765000000000-deleted-vault-grantees.js';
import { TokensMadeWith1765100000000 } from './1765100000000-tokens-made-with.js';
import { ProviderInPrincipals1765200000000 } from './1765200000000-provider-in-principals.js';

/** Every migration, oldest first. They only go forward, and each runs while the version before it still serves. */
export const migrations = [
  Foundation1763700000000,
  ApiKeys1763900000000,
  Organizations1764000000000,
  MailLinks1764100000000,
  Mfa1764200000000,
  Projects1764300000000,
  OrganizationSettings1764400000000,
  Recovery1764500000000,
  SingleSignOn1764600000000,
  Subscriptions1764700000000,
  CloudV21764800000000,
  Indexes1764900000000,
  DeletedVaultGrantees1765000000000,
  TokensMadeWith1765100000000,
  ProviderInPrincipals1765200000000,
];
