import { IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { IsAddress } from './is-address.js';

/** What a test of the connection looks at, in its order. */
export const connectionChecks = [
  'exists',
  'not_paused',
  'not_expired',
  'address_allowed',
  'owner_active',
  'plan_limit',
] as const;
export type ConnectionCheck = (typeof connectionChecks)[number];

/** From where to test. */
export class TestApiKeyQuery {
  /**
   * Address that the program with the key has; your own when left out.
   * @example "203.0.113.9"
   */
  @IsOptional()
  @IsAddress()
  @MaxLength(45)
  ipAddress?: string;
}

/** The verdict of one check. */
export class ConnectionCheckDto {
  /**
   * What was looked at.
   * @example "not_paused"
   */
  @IsIn(connectionChecks)
  check!: ConnectionCheck;

  /**
   * Whether it is as it must be.
   * @example false
   */
  passed!: boolean;

  /**
   * What is wrong; null when nothing is.
   * @example "API key is paused"
   */
  reason!: string | null;
}

/** Whether a program with the key would be let in now. */
export class ConnectionTestDto {
  /**
   * Whether every check passed.
   * @example false
   */
  success!: boolean;

  /** Each check with its verdict. */
  checks!: ConnectionCheckDto[];
}

/** What to ask of a key. */
export class TestPermissionDto {
  /**
   * The scope that an operation would need.
   * @example "secret:read"
   */
  @IsIn(allScopes)
  scope!: Scope;

  /**
   * The vault that the operation would be about; any when left out.
   * @example "vlt_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  vaultId?: string;
}

/** Whether a key may do something now. */
export class PermissionTestDto {
  /**
   * Whether an operation with this scope would be let through.
   * @example false
   */
  allowed!: boolean;

  /**
   * Why, in words.
   * @example "The key has not the scope secret:read."
   */
  reason!: string;
}
