import { publicId } from '@credvault/database/typed-id.js';
import type { ExternalIdentity } from './external-identity.js';

/** An external identity as its owner sees it. */
export class ExternalIdentityDto {
  /**
   * Id of the identity.
   * @example "idn_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * The provider that the identity is of.
   * @example "https://login.example.com"
   */
  issuer!: string;

  /**
   * What the provider calls the person.
   * @example "248289761001"
   */
  subject!: string;

  /**
   * The e-mail address that the provider said last.
   * @example "jane@example.com"
   */
  email!: string | null;

  /**
   * When the identity was linked.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When somebody last signed in with it; null when never.
   * @example "2026-01-15T09:30:00.000Z"
   */
  lastUsedAt!: Date | null;
}

export function externalIdentityDto(identity: ExternalIdentity): ExternalIdentityDto {
  const { id, issuer, subject, email, createdAt, lastUsedAt } = identity;
  return { id: publicId('externalIdentity', id), issuer, subject, email, createdAt, lastUsedAt };
}
