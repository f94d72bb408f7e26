import { IsIn, IsString, Length } from 'class-validator';
import { memberIdOf } from '@credvault/access/member-id.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { OptionalBody } from '@credvault/http/optional-body.js';
import type { DeletedSecret } from './deleted-secrets.repository.js';
import { secretTypes, type SecretType } from './secret.dto.js';
import { IsSecretKey } from './transfer/is-secret-key.decorator.js';

/** A secret that was deleted and can be restored, without its value. */
export class DeletedSecretDto {
  /**
   * Id of the secret, which it keeps when it is restored.
   * @example "sec_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the secret. Another one of the vault may have it by now.
   * @example "DATABASE_URL"
   */
  key!: string;

  /**
   * What the secret is.
   * @example "credential"
   */
  @IsIn(secretTypes)
  type!: SecretType;

  /**
   * Number of its newest version, counted from 1.
   * @example 3
   */
  version!: number;

  /**
   * When the secret was made.
   * @example "2025-03-01T12:00:00.000Z"
   */
  createdAt!: Date;

  /**
   * When the secret was last changed.
   * @example "2025-06-10T14:22:00.000Z"
   */
  updatedAt!: Date;

  /**
   * Id of the person or service account that deleted it.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  deletedBy!: string;

  /**
   * When it was deleted.
   * @example "2026-01-15T08:30:00.000Z"
   */
  deletedAt!: Date;

  /**
   * Until when it can be restored, fixed when it was deleted.
   * @example "2026-02-14T08:30:00.000Z"
   */
  restorableUntil!: Date;
}

/** How to restore a secret. */
@OptionalBody()
export class RestoreSecretDto {
  /**
   * Name of the secret from now on, unique in its vault; as it was when left out.
   * @example "DATABASE_URL_OLD"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 255)
  @IsSecretKey()
  key?: string;
}

/** A deleted secret as the API shows it. */
export function deletedSecretDto(secret: DeletedSecret): DeletedSecretDto {
  const { id, key, type, currentVersion, createdAt, updatedAt, deletedAt, restorableUntil } = secret;
  return {
    id: publicId('secret', id),
    key,
    type: type as SecretType,
    version: currentVersion,
    createdAt,
    updatedAt,
    deletedBy: memberIdOf(secret.deletedByKind ?? 'person', secret.deletedBy),
    deletedAt,
    restorableUntil,
  };
}
