import { IsString, Length } from 'class-validator';
import { IsPrintable } from '@credvault/http/is-printable.js';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';

/** A token that somebody found where it should not be. */
export class ReportLeakedTokenDto {
  /**
   * The token as it was found.
   * @example "cv_0J5tq1F0cXv2y8Wm3n4Rk6Za7Ub9Dd1Ee2Gg3Hh4Jj5Kk0aBcDe"
   */
  @IsString()
  @Length(1, 256)
  token!: string;

  /**
   * Where it was found, for its owner; tokens are cut out of it.
   * @example "https://example.com/paste/42"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 1000)
  @IsPrintable()
  source?: string;
}

/** That the report has arrived. It says nothing about the token. */
export class LeakReportDto {
  /**
   * Always true.
   * @example true
   */
  received!: boolean;
}
