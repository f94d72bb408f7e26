import { MaxLength } from 'class-validator';

/** The service itself. */
export class CloudMetaDto {
  /**
   * Version of the service.
   * @example "0.1.0"
   */
  @MaxLength(64)
  version!: string;
}

/** How the service sees the caller. */
export class CloudIpAddressDto {
  /**
   * Address that the request came from; null when the connection had none.
   * @example "203.0.113.9"
   */
  @MaxLength(45)
  ip_address!: string | null;
}
