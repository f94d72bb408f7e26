import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, Length } from 'class-validator';
import { MayBeAbsent } from '@credvault/http/may-be-absent.js';
import { IsConfigurationValue, valueBytes } from './is-configuration-value.js';

const anyJson = {
  description: `Any JSON value, at most ${valueBytes} bytes.`,
  example: 'dark',
  anyOf: [
    { type: 'string', maxLength: valueBytes },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'object', additionalProperties: true },
    { type: 'array', items: {}, maxItems: valueBytes },
    { type: 'null' },
  ],
};

/** A small value that a client keeps. */
export class CloudConfigurationDto {
  /**
   * Name of the configuration.
   * @example "console.theme"
   */
  key!: string;

  @ApiProperty(anyJson)
  value!: unknown;

  /**
   * Id of the organization it belongs to.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  organization_id!: string;

  /**
   * Id of the person whose own it is; not there when it is the organization's.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  user_id?: string;
}

/** A value to be kept. */
export class CloudPutConfigurationDto {
  @ApiProperty(anyJson)
  @IsConfigurationValue()
  value!: unknown;

  /**
   * Keeps the value for everybody in this organization, the one the credential acts in; it takes `settings:modify`. With
   * `user_id`, or without both, the value is one's own.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  organization_id?: string;

  /**
   * Keeps the value for oneself: one's own id.
   * @example "usr_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  user_id?: string;
}

/** Which configurations are meant. */
export class CloudConfigurationsQuery {
  /**
   * Those of this organization, the one the credential acts in; one's own when left out.
   * @example "org_01jd3k5m7n8p9q0r1s2t3v4w5x"
   */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  organization_id?: string;
}
