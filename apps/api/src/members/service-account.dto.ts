import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import type { ServiceAccountView } from './service-accounts.repository.js';

/** A service account: a member that is a program. It owns API keys and cannot sign in. */
export class ServiceAccountDto {
  /**
   * Id of the service account.
   * @example "svc_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the service account.
   * @example "Deployments"
   */
  name!: string;

  /**
   * What it is for.
   * @example "Deploys the shop to production"
   */
  description!: string;

  /**
   * What its keys may do at most: a built-in role by its name, or a custom one by its id.
   * @example "developer"
   */
  role!: string;

  /**
   * When it was made.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date;

  /**
   * When it or its role was last changed.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date;
}

/** A service account to be made. */
export class CreateServiceAccountDto {
  /**
   * Name of the service account; it need not be unique.
   * @example "Deployments"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What it is for.
   * @example "Deploys the shop to production"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * What its keys may do at most: a built-in role by its name, or a custom one by its id. Not `owner`, and nothing that you
   * may not do yourself.
   * @example "developer"
   */
  @IsString()
  @Length(1, 64)
  role!: string;
}

/** What to change of a service account; what is left out stays as it is. */
export class UpdateServiceAccountDto {
  /**
   * Name of the service account.
   * @example "Deployments (EU)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What it is for.
   * @example "Deploys the shop to production in Europe"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * What its keys may do at most from now on.
   * @example "viewer"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  role?: string;
}

/** Which service accounts to list. */
export class ServiceAccountsQuery extends ListQuery {
  /**
   * Only service accounts with this role: the name of a built-in one or the id of a custom one.
   * @example "developer"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  role?: string;
}

/** @param role as the API names it */
export function serviceAccountDto(account: ServiceAccountView, role: string): ServiceAccountDto {
  const { name, description, createdAt, updatedAt } = account;
  return { id: publicId('serviceAccount', account.id), name, description, role, createdAt, updatedAt };
}
