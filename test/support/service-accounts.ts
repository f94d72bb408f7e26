import { randomBytes } from 'node:crypto';
import type {
  CreateServiceAccountDto,
  ServiceAccountDto,
} from '../../apps/api/src/members/service-account.dto.js';
import { expectStatus, type Person } from './people.js';
import type { Wire } from './wire.js';

export type ServiceAccountAnswer = Wire<ServiceAccountDto>;

/** Makes a service account, a developer with a name of its own unless `fields` say otherwise. */
export async function serviceAccountOf(
  by: Pick<Person, 'client'>,
  fields: Partial<CreateServiceAccountDto> = {},
): Promise<ServiceAccountAnswer> {
  const name = `Robot ${randomBytes(4).toString('hex')}`;
  const reply = await by.client.post('/service-accounts', { name, role: 'developer', ...fields });
  return expectStatus(reply, 201).data<ServiceAccountAnswer>();
}

/** A service account as `grantTo` and `join` take it. */
export function asMember({ id }: Pick<ServiceAccountAnswer, 'id'>): Pick<Person, 'userId'> {
  return { userId: id };
}
