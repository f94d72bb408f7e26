import type { MintedApiKeyDto } from '../../apps/api/src/api-keys/api-key.dto.js';
import type { CreateApiKeyDto } from '../../apps/api/src/api-keys/api-key-requests.dto.js';
import type { Client } from './client.js';
import { expectStatus, type Person } from './people.js';
import type { Wire } from './wire.js';

export type MintedKeyAnswer = Wire<MintedApiKeyDto>;

/** A key with a client that speaks with it. */
export interface TestKey extends MintedKeyAnswer {
  client: Client;
}

/** Makes an API key of a person; one that may do all that the person may, unless `fields` say otherwise. */
export async function apiKeyOf(person: Person, fields: Partial<CreateApiKeyDto> = {}): Promise<TestKey> {
  const reply = await person.client.post('/api-keys', { name: 'Tests', scopes: ['*'], ...fields });
  const minted = expectStatus(reply, 201).data<MintedKeyAnswer>();
  return { ...minted, client: person.client.as(minted.key) };
}
