import { publicId } from '@credvault/database/typed-id.js';
import { Answer } from '@credvault/http/answer.js';
import { etagOf } from '@credvault/http/etag.js';
import { secretDto, type SecretDto } from './secret.dto.js';
import type { SecretView } from './secrets.service.js';

/** The answer that shows one secret, with the entity tag of its present revision. */
export function secretAnswer(view: SecretView, headers?: Record<string, string>): Answer<SecretDto> {
  const { id, revision } = view.secret;
  return Answer.of(secretDto(view), { etag: etagOf(publicId('secret', id), revision), headers });
}
