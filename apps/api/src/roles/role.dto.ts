import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  MaxLength,
} from 'class-validator';
import { isBuiltInRole, reachesAllVaults, roleDescriptions, scopesOfRole } from '@credvault/access/roles.js';
import { allScopes, type Scope } from '@credvault/access/scopes.js';
import { publicId } from '@credvault/database/typed-id.js';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { ListQuery } from '@credvault/http/pagination/list-query.dto.js';
import { QueryBoolean } from '@credvault/http/query-values.js';
import type { RoleRow } from './roles.repository.js';
import type { RoleView } from './roles.service.js';

/** `*` stands for every scope that whoever asks has. */
const requestable = [...allScopes, '*'] as const;
export type RequestedScope = Scope | '*';

/** A role: what its members may do, and whether every vault is theirs to do it in. */
export class RoleDto {
  /**
   * How a member or an invitation names the role: the name of a built-in role, or the id of one of the organization.
   * @example "rol_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  id!: string;

  /**
   * Name of the role.
   * @example "Release engineer"
   */
  name!: string;

  /**
   * What the role is for.
   * @example "Deploys, and reads what a deployment needs"
   */
  description!: string;

  /**
   * Whether every organization has the role and nobody can change it.
   * @example false
   */
  builtIn!: boolean;

  /**
   * What its members may do.
   * @example ["vault:read", "secret:list", "secret:read"]
   */
  @IsIn(allScopes, { each: true })
  scopes!: Scope[];

  /**
   * Whether its members reach every vault of the organization; otherwise those that are granted to them.
   * @example false
   */
  reachesAllVaults!: boolean;

  /**
   * How many members have the role.
   * @example 3
   */
  memberCount!: number;

  /**
   * When the role was made; null for a built-in one.
   * @example "2026-01-15T08:30:00.000Z"
   */
  createdAt!: Date | null;

  /**
   * When the role was last changed; null for a built-in one.
   * @example "2026-01-15T08:30:00.000Z"
   */
  updatedAt!: Date | null;
}

/** A role to be made. */
export class CreateRoleDto {
  /**
   * Name of the role, unique in the organization in any case; not that of a built-in role or of one of `/api/v2`.
   * @example "Release engineer"
   */
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name!: string;

  /**
   * What the role is for.
   * @example "Deploys, and reads what a deployment needs"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * What its members may do, at most what you may; `*` means all that you may now. `GET /scopes` lists them.
   * @example ["vault:read", "secret:read"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(requestable.length)
  @ArrayUnique()
  @IsIn(requestable, { each: true })
  scopes!: RequestedScope[];

  /**
   * Whether its members reach every vault of the organization; false when left out: those that are granted to them.
   * @example false
   */
  @MayBeAbsent()
  @IsBoolean()
  reachesAllVaults?: boolean;
}

/** What to change of a role; what is left out stays as it is. */
export class UpdateRoleDto {
  /**
   * Name of the role, unique in the organization in any case; not that of a built-in role or of one of `/api/v2`.
   * @example "Release engineer (EU)"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  @IsPrintable()
  name?: string;

  /**
   * What the role is for.
   * @example "Deploys in Europe"
   */
  @MayBeAbsent()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /**
   * What its members may do from now on; `*` means all that you may now.
   * @example ["vault:read", "secret:list"]
   */
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(requestable.length)
  @ArrayUnique()
  @IsIn(requestable, { each: true })
  scopes?: RequestedScope[];

  /**
   * Whether its members reach every vault of the organization.
   * @example true
   */
  @MayBeAbsent()
  @IsBoolean()
  reachesAllVaults?: boolean;
}

/** Which roles to list. */
export class RolesQuery extends ListQuery {
  /**
   * Only built-in roles, or with `false` only those of the organization.
   * @example false
   */
  @IsOptional()
  @QueryBoolean()
  @IsBoolean()
  builtIn?: boolean;
}

/** A role of a list as the API shows it. */
export function listedRoleDto(role: RoleRow): RoleDto {
  const { name, memberCount } = role;
  if (!role.builtIn) return customRoleDto(role);
  return {
    id: name,
    name,
    description: isBuiltInRole(name) ? roleDescriptions[name] : '',
    builtIn: true,
    scopes: [...scopesOfRole(name)],
    reachesAllVaults: reachesAllVaults(name),
    memberCount,
    createdAt: null,
    updatedAt: null,
  };
}

/** A custom role as the API shows it. */
export function customRoleDto(role: Omit<RoleView, 'organizationId'>): RoleDto {
  const { id, name, description, scopes, reachesAllVaults: reachesAll, memberCount } = role;
  return {
    id: publicId('role', id),
    name,
    description,
    builtIn: false,
    scopes,
    reachesAllVaults: reachesAll,
    memberCount,
    createdAt: role.createdAt,
    updatedAt: role.updatedAt,
  };
}
