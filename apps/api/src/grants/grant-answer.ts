import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { etagOf } from '@credvault/http/etag.js';
import { grantDto, type GrantDto } from './grant.dto.js';
import type { GrantView } from './grants.repository.js';

/** The answer that shows one grant, with the entity tag of its present revision. */
export function grantAnswer(grant: GrantView, headers?: Record<string, string>): Answer<GrantDto> {
  return Answer.of(grantDto(grant), { etag: etagOf(publicId('grant', grant.id), grant.revision), headers });
}
