/** The four groups of the API-keys document. */
export type ScopeGroup = 'Read' | 'Write' | 'Execute' | 'Admin';

interface ScopeEntry {
  group: ScopeGroup;
  description: string;
  /** Scopes that whoever has this one has as well. */
  implies?: readonly string[];
}

/**
 * The one catalogue of scopes: the guard, the OpenAPI document and the documentation read it. The names of the first
 * block are fixed by the API-keys document and exist even where their endpoints come later.
 */
export const scopeCatalogue = {
  'database:read': { group: 'Read', description: 'Read data from databases.' },
  'metadata:read': { group: 'Read', description: 'View the data catalog.' },
  'logs:read': { group: 'Read', description: 'View the audit trail of the whole organization.' },
  'notebook:read': { group: 'Read', description: 'View notebooks.' },
  'experiment:read': { group: 'Read', description: 'View machine learning experiments.' },
  'vault:read': { group: 'Read', description: 'View vaults and their settings.' },
  'secret:list': {
    group: 'Read',
    description: 'View the names, types and versions of secrets, never their values.',
  },
  'secret:read': {
    group: 'Read',
    description: 'Reveal the values and notes of secrets.',
    implies: ['secret:list'],
  },
  'credential:read': { group: 'Read', description: 'View app credentials.' },
  'webhook:read': { group: 'Read', description: 'View webhooks and their deliveries.' },
  'key:read': { group: 'Read', description: 'View API keys, tokens and their usage.' },
  'project:read': { group: 'Read', description: 'View projects.' },
  'organization:read': { group: 'Read', description: 'View the organization and its members.' },

  'database:write': { group: 'Write', description: 'Insert, update and delete data.' },
  'notebook:create': { group: 'Write', description: 'Create notebooks.' },
  'experiment:write': { group: 'Write', description: 'Create machine learning experiments.' },
  'vault:write': { group: 'Write', description: 'Create, change and delete vaults.' },
  'secret:write': { group: 'Write', description: 'Create, change, import and delete secrets.' },
  'credential:write': { group: 'Write', description: 'Create, change and delete app credentials.' },
  'webhook:write': { group: 'Write', description: 'Create, change and delete webhooks.' },
  'project:write': { group: 'Write', description: 'Create, change and delete projects.' },

  'query:execute': { group: 'Execute', description: 'Run queries.' },
  'function:invoke': { group: 'Execute', description: 'Call serverless functions.' },
  'orchestration:execute': { group: 'Execute', description: 'Trigger pipelines.' },

  'key:manage': { group: 'Admin', description: 'Create, rotate, pause and delete API keys.' },
  'team:manage': { group: 'Admin', description: 'Add and remove team members.' },
  'settings:modify': { group: 'Admin', description: 'Change the settings of the organization.' },
  'billing:manage': { group: 'Admin', description: 'Change the subscription.' },
} as const satisfies Record<string, ScopeEntry>;

export type Scope = keyof typeof scopeCatalogue;

/** Every scope, in the order of the catalogue. */
export const allScopes = Object.keys(scopeCatalogue) as Scope[];

/** The given scopes together with those they imply. */
export function withImplied(scopes: Iterable<Scope>): ReadonlySet<Scope> {
  const result = new Set<Scope>();
  for (const scope of scopes) {
    result.add(scope);
    const entry: ScopeEntry = scopeCatalogue[scope];
    for (const implied of entry.implies ?? []) result.add(implied as Scope);
  }
  return result;
}
