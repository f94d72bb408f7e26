import type { Actor } from '@credvault/access/actor.js';
import { Answer } from '@credvault/http/answer.js';
import { etagOf } from '@credvault/http/etag.js';
import { vaultDto, type VaultDto } from './vault.dto.js';
import type { Vault } from './vault.entity.js';

/** The answer that shows one vault to whoever asks, with the entity tag of its present revision. */
export function vaultAnswer(vault: Vault, viewer: Actor, headers?: Record<string, string>): Answer<VaultDto> {
  const dto = vaultDto(vault, viewer);
  return Answer.of(dto, { etag: etagOf(dto.id, vault.revision), headers });
}
