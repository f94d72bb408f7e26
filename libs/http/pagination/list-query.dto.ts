import { IsInt, IsOptional, IsString, Length, Max, MaxLength, Min } from 'class-validator';

import { QueryInteger, Rfc3339Time } from '../query-values.js';

/** Most items a page may hold. */
export const maxLimit = 1000;

/** Deepest offset; a longer list is walked by cursor, whose cost does not grow with depth. */
export const maxOffset = 10_000;

/** The query parameters every list takes. A list with filters of its own extends this class. */
export class ListQuery {
  /**
   * Most items to answer with.
   * @example 50
   */
  @IsOptional()
  @QueryInteger()
  @IsInt()
  @Min(1)
  @Max(maxLimit)
  limit?: number;

  /**
   * How many items to skip. For long lists use `cursor`.
   * @example 0
   */
  @IsOptional()
  @QueryInteger()
  @IsInt()
  @Min(0)
  @Max(maxOffset)
  offset?: number;

  /**
   * Another name for `offset`; give only one of them.
   * @example 0
   */
  @IsOptional()
  @QueryInteger()
  @IsInt()
  @Min(0)
  @Max(maxOffset)
  skip?: number;

  /**
   * The `nextCursor` of the page before, to go on after it. It stays valid while items are added, for the same list
   * and the same `sort`, and cannot be given together with `offset`.
   * @example "AaXf0c1KqJm3Yk4w0uB7ZVsiMjAyNS0wNi0xMVQwOToxNTowMC4wMDBaIl0"
   */
  @IsOptional()
  @IsString()
  @Length(1, 2048)
  cursor?: string;

  /**
   * Only items whose name holds this text, in any case. Values and notes are never searched.
   * @example "stripe"
   */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  search?: string;

  /**
   * Fields to sort by, separated by commas; a leading `-` sorts that field from high to low.
   * @example "-createdAt,name"
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  sort?: string;

  /**
   * Only items made later than this time (RFC 3339, with offset).
   * @example "2025-01-15T08:30:00.000Z"
   */
  @IsOptional()
  @Rfc3339Time()
  createdAfter?: Date;

  /**
   * Only items made earlier than this time (RFC 3339, with offset).
   * @example "2026-01-15T08:30:00.000Z"
   */
  @IsOptional()
  @Rfc3339Time()
  createdBefore?: Date;

  /**
   * Only items last changed later than this time (RFC 3339, with offset).
   * @example "2025-01-15T08:30:00.000Z"
   */
  @IsOptional()
  @Rfc3339Time()
  updatedAfter?: Date;

  /**
   * Only items last changed earlier than this time (RFC 3339, with offset).
   * @example "2026-01-15T08:30:00.000Z"
   */
  @IsOptional()
  @Rfc3339Time()
  updatedBefore?: Date;
}
