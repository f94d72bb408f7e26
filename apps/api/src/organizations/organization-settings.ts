import { AddressRanges } from '@credvault/access/address-ranges.js';
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

const settingNames = Object.keys(initialSettings) as (keyof OrganizationSettings)[];

/** What a change does to each setting that would not be what it is, as its record says. */
export type SettingsChange = Partial<
  Record<keyof OrganizationSettings, { from: unknown; to: OrganizationSettings[keyof OrganizationSettings] }>
>;

type Loosens<Value> = (from: Value, to: Value) => boolean;

/** A bound in hours or days; null: none. */
const isLonger: Loosens<number | null> = (from, to) => from !== null && (to === null || to > from);

/** When a change of a setting lets anybody do more, or for longer, than they could before it. */
const loosens: { [Name in keyof OrganizationSettings]: Loosens<OrganizationSettings[Name]> } = {
  /** A token that leaked goes on working. */
  leakedTokens: (from, to) => from === 'pause' && to === 'report',
  /** Sessions live longer, and some that had ended come back. */
  sessionLifetimeHours: isLonger,
  /** People come in without a second factor. */
  requireMfa: (from, to) => from && !to,
  /** Credentials work from where they did not: from anywhere, or from a block that lies in none of those before. */
  allowedIps: (from, to) =>
    from !== null && (to === null || !new AddressRanges(to).isWithin(new AddressRanges(from))),
  /** As `sessionLifetimeHours`, for personal tokens. */
  maxTokenLifetimeDays: isLonger,
  /** As `sessionLifetimeHours`, for API keys. */
  maxKeyLifetimeDays: isLonger,
  /** Either way: with fewer days a deletion is final that could have been undone, with more what is deleted is still there. */
  recoveryWindowDays: (from, to) => from !== to,
};

/** Which settings of an organization a change makes looser. */
export function loosenedBy(present: OrganizationSettings, change: SettingsChange): string[] {
  const after = { ...settingsOf(present), ...settingsAfter(change) };
  const isLoosened = <Name extends keyof OrganizationSettings>(name: Name): boolean =>
    loosens[name](present[name], after[name]);
  return settingNames.filter((name) => isLoosened(name));
}

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
  const changed = settingNames.filter(
    (name) => wanted[name] !== undefined && JSON.stringify(wanted[name]) !== JSON.stringify(present[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, { from: present[name], to: wanted[name] }]));
}

/** The settings that a change sets. */
export function settingsAfter(change: SettingsChange): Partial<OrganizationSettings> {
  return Object.fromEntries(Object.entries(change).map(([name, { to }]) => [name, to]));
}
