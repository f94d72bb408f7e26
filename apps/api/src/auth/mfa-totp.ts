import { generateSecret, generateURI, verifySync } from 'otplib';
import { SecretValue } from '@credvault/crypto/secret-value.js';

/**
 * TOTP as every authenticator app takes it (RFC 6238 with the defaults of the Key Uri Format): HMAC-SHA-1, six digits, a
 * step of 30 seconds.
 */
const shape = { algorithm: 'sha1', digits: 6, period: 30 } as const;

/** 160 bits, the length of the hash, which RFC 4226 (section 4, R6) recommends. */
const secretBytes = 20;

/** Who the app says the codes are for. */
const issuer = 'CredVault';

/** A new secret in base32, as apps take it. */
export function newTotpSecret(): SecretValue {
  return SecretValue.of(generateSecret({ length: secretBytes }));
}

/** The `otpauth://` URI of a secret, which apps read from a QR code (Key Uri Format). */
export function totpUri(account: string, secret: SecretValue): string {
  return generateURI({ ...shape, issuer, label: account, secret: secret.reveal() });
}

/**
 * The time step that a code of six digits belongs to, or null when it is none of this secret's: the present step, the one
 * before, because somebody types slowly, or the one after, because their clock is ahead (RFC 6238, section 5.2). The
 * library compares in constant time.
 *
 * @param now milliseconds since the epoch
 */
export function matchingStep(secret: SecretValue, code: string, now = Date.now()): number | null {
  const epoch = Math.floor(now / 1_000);
  const result = verifySync({
    ...shape,
    strategy: 'totp',
    secret: secret.reveal(),
    token: code,
    epoch,
    epochTolerance: shape.period,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}
