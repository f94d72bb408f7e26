import { createHmac, hkdfSync } from 'node:crypto';
import { UserHmac } from './user-hmac.js';

const systemKey = Buffer.alloc(32, 7);

describe('UserHmac', () => {
  it('is HMAC-SHA-256 in hex with a key that is derived from the system key', () => {
    const key = Buffer.from(hkdfSync('sha256', systemKey, '', 'credvault:user-hmac', 32));
    const expected = createHmac('sha256', key).update('usr_1').digest('hex');
    expect(UserHmac.derivedFrom(systemKey).sign('usr_1')).toBe(expected);
    expect(createHmac('sha256', systemKey).update('usr_1').digest('hex')).not.toBe(expected);
  });

  it('differs by user and by server', () => {
    const signed = UserHmac.derivedFrom(systemKey).sign('usr_1');
    expect(UserHmac.derivedFrom(systemKey).sign('usr_2')).not.toBe(signed);
    expect(UserHmac.derivedFrom(Buffer.alloc(32, 8)).sign('usr_1')).not.toBe(signed);
  });
});
