import { createHmac, hkdfSync } from 'node:crypto';

const keyBytes = 32;

/** Names the use of the derived key (RFC 5869 §3.2), so that it is none of the others. */
const use = 'credvault:user-hmac';

/**
 * Signs ids of users with a key of the server: a support widget that is given both can tell that the id was not made up.
 */
export class UserHmac {
  private constructor(private readonly key: Buffer) {}

  /** @param systemKey a key of the service, from which the key for this use is derived (HKDF-SHA-256, RFC 5869) */
  static derivedFrom(systemKey: Buffer): UserHmac {
    return new UserHmac(Buffer.from(hkdfSync('sha256', systemKey, '', use, keyBytes)));
  }

  /** HMAC-SHA-256 (RFC 2104) of a public id, in hex: 64 characters. */
  sign(publicUserId: string): string {
    return createHmac('sha256', this.key).update(publicUserId).digest('hex');
  }
}
