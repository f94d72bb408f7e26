import type { Organization } from './organization.entity.js';

/** What an organization decides about itself. */
export type OrganizationSettings = Pick<
  Organization,
  | 'leakedTokens'
  | 'sessionLifetimeHours'
  | 'requireMfa'
  | 'allowedIps'
  | 'maxTokenLifetimeDays'
  | 'maxKeyLifetimeDays'
  | 'recoveryWindowDays'
>;

/** What an organization has decided that has not decided anything yet. */
export const initialSettings: OrganizationSettings = {
  leakedTokens: 'report',
  sessionLifetimeHours: null,
  requireMfa: false,
  allowedIps: null,
  maxTokenLifetimeDays: null,
  maxKeyLifetimeDays: null,
  recoveryWindowDays: 0,
};

/** What a change does to each setting that would not be what it is, as its record says. */
export type SettingsChange = Partial<
  Record<keyof OrganizationSettings, { from: unknown; to: OrganizationSettings[keyof OrganizationSettings] }>
>;

/** The settings of an organization, without what else it is. */
export function settingsOf(organization: OrganizationSettings): OrganizationSettings {
  const { leakedTokens, sessionLifetimeHours, requireMfa, allowedIps } = organization;
  const { maxTokenLifetimeDays, maxKeyLifetimeDays, recoveryWindowDays } = organization;
  return {
    leakedTokens,
    sessionLifetimeHours,
    requireMfa,
    allowedIps,
    maxTokenLifetimeDays,
    maxKeyLifetimeDays,
    recoveryWindowDays,
  };
}

/** What would change if an organization had the settings that are wanted. */
export function changeOf(
  present: OrganizationSettings,
  wanted: Partial<OrganizationSettings>,
): SettingsChange {
  const names = Object.keys(initialSettings) as (keyof OrganizationSettings)[];
  const changed = names.filter(
    (name) => wanted[name] !== undefined && JSON.stringify(wanted[name]) !== JSON.stringify(present[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, { from: present[name], to: wanted[name] }]));
}

/** The settings that a change sets. */
export function settingsAfter(change: SettingsChange): Partial<OrganizationSettings> {
  return Object.fromEntries(Object.entries(change).map(([name, { to }]) => [name, to]));
}
