import type { OrganizationSettingsDto } from '../../apps/api/src/organizations/organization-settings.dto.js';
import type { Reply } from './client.js';
import { expectStatus, type Person } from './people.js';
import type { Wire } from './wire.js';

export type SettingsAnswer = Wire<OrganizationSettingsDto>;

export const settingsOf = ({ organizationId }: Person): string => `/organizations/${organizationId}/settings`;

/** Asks to change settings of the organization that a person acts in, by their session. */
export function askToSet(person: Person, fields: Partial<SettingsAnswer>): Promise<Reply> {
  return person.sessionClient.patch(settingsOf(person), fields);
}

/** Changes settings of the organization that a person acts in. */
export async function set(person: Person, fields: Partial<SettingsAnswer>): Promise<SettingsAnswer> {
  return expectStatus(await askToSet(person, fields), 200).data<SettingsAnswer>();
}
