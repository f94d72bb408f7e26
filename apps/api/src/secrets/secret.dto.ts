import { IsBoolean, IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { SecretValue } from '@credvault/crypto/secret-value.js';
import { publicId } from '@credvault/database/typed-id.js';
import { MaxBytes } from '@credvault/http/max-bytes.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryBoolean } from '@credvault/http/query-values.js';
import type { NewSecret, SecretChange, SecretView } from './secrets.service.js';
import { IsSecretKey } from './transfer/is-secret-key.decorator.js';
import { MAX_VALUE_BYTES } from './transfer/transfer-entry.js';

/** What a secret is, so that programs and people know how to use it. */
export const secretTypes = ['credential', 'api_key', 'text', 'certificate', 'ssh_key', 'json'] as const;
export type SecretType = (typeof secretTypes)[number];

/** Most bytes of notes, in UTF-8. */
const maxNotesBytes = 16 * 1024;

/** A secret. `value` and `notes` are there only where the answer may hold them. */
export class SecretDto {
  /**
   * Id of the secret.
   * @example "sec_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the secret, unique in its vault.
   * @example "DATABASE_URL"
   */
  key!: string;

  /**
   * The secret value, in the clear.
   * @example "postgres://user:pass@host:5432/db"
   */
  @IsOptional()
  @MaxLength(65536)
  value?: string;

  /**
   * What the secret is.
   * @example "credential"
   */
  @IsIn(secretTypes)
  type!: SecretType;

  /**
   * Notes on this version, encrypted like the value; null when there are none.
   * @example "Primary database"
   */
  @IsOptional()
  @MaxLength(16384)
  notes?: string | null;

  /**
   * Number of the version shown, counted from 1.
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
}

/** A secret to be stored. */
export class CreateSecretDto {
  /**
   * Name of the secret, unique in its vault: 1 to 255 characters, no control characters, no white space at either end.
   * @example "STRIPE_SECRET_KEY"
   */
  @IsString()
  @Length(1, 255)
  @IsSecretKey()
  key!: string;

  /**
   * The value, at most 64 KiB of UTF-8; it may be empty.
   * @example "sk_live_EXAMPLE"
   */
  @IsString()
  @MaxLength(65536)
  @MaxBytes(MAX_VALUE_BYTES)
  value!: string;

  /**
   * What the secret is; `text` when left out.
   * @example "api_key"
   */
  @MayBeAbsent()
  @IsIn(secretTypes)
  type?: SecretType;

  /**
   * Notes on this version, at most 16 KiB of UTF-8, encrypted like the value.
   * @example "Stripe production key"
   */
  @IsOptional()
  @IsString()
  @MaxLength(16384)
  @MaxBytes(maxNotesBytes)
  notes?: string | null;
}

/** What to change of a secret; what is left out stays as it is. */
export class UpdateSecretDto {
  /**
   * New name of the secret, unique in its vault.
   * @example "STRIPE_SECRET_KEY"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 255)
  @IsSecretKey()
  key?: string;

  /**
   * A new value; it makes a new version, also when it equals the present one.
   * @example "postgres://user:newpass@host:5432/db"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(65536)
  @MaxBytes(MAX_VALUE_BYTES)
  value?: string;

  /**
   * What the secret is.
   * @example "credential"
   */
  @MayBeAbsent()
  @IsIn(secretTypes)
  type?: SecretType;

  /**
   * New notes, which make a new version; null takes them away.
   * @example "Rotated in June"
   */
  @IsOptional()
  @IsString()
  @MaxLength(16384)
  @MaxBytes(maxNotesBytes)
  notes?: string | null;
}

/** Which secrets to list. */
export class SecretListQuery extends ListQuery {
  /**
   * Only the secret of exactly this name.
   * @example "DATABASE_URL"
   */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  key?: string;

  /**
   * Only secrets of this type.
   * @example "credential"
   */
  @IsOptional()
  @IsIn(secretTypes)
  type?: SecretType;

  /**
   * `false` leaves the values out, so that nothing is revealed; `true` demands them.
   * @example true
   */
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  reveal?: boolean;
}

/** A secret as the API shows it, with those parts of its content the view holds. */
export function secretDto(view: SecretView): SecretDto {
  const { secret, version, value, notes } = view;
  return {
    id: publicId('secret', secret.id),
    key: secret.key,
    value: value?.reveal(),
    type: secret.type as SecretType,
    notes: notes === undefined || notes === null ? notes : notes.reveal(),
    version,
    createdAt: secret.createdAt,
    updatedAt: secret.updatedAt,
  };
}

export function newSecret(body: CreateSecretDto): NewSecret {
  const { key, type = 'text', value, notes = null } = body;
  return { key, type, value: SecretValue.of(value), notes: notes === null ? null : SecretValue.of(notes) };
}

export function secretChange(body: UpdateSecretDto): SecretChange {
  const { key, type, value, notes } = body;
  return {
    key,
    type,
    value: value === undefined ? undefined : SecretValue.of(value),
    notes: notes === undefined || notes === null ? notes : SecretValue.of(notes),
  };
}
