import { endOfSession, takesAddress } from './session-demands.js';

const signedInAt = new Date('2026-03-01T08:00:00.000Z');
const absoluteExpiresAt = new Date('2026-03-02T08:00:00.000Z');
const end = (sessionLifetimeHours: number | null): Date =>
  endOfSession({ signedInAt, absoluteExpiresAt }, { sessionLifetimeHours, allowedIps: null });

describe('what an organization demands of sessions', () => {
  it('ends them so many hours after the sign-in, and never later than they would by themselves', () => {
    expect(end(12)).toEqual(new Date('2026-03-01T20:00:00.000Z'));
    expect(end(48)).toBe(absoluteExpiresAt);
    expect(end(null)).toBe(absoluteExpiresAt);
  });

  it('takes them from its addresses only, and from anywhere without a list', () => {
    const allowedIps = ['203.0.113.0/24', '2001:db8::/32'];
    const taken = ['203.0.113.9', '2001:db8::1', '198.51.100.7', undefined].map((address) =>
      takesAddress({ allowedIps }, address),
    );
    expect(taken).toEqual([true, true, false, false]);
    expect(takesAddress({ allowedIps: null }, undefined)).toBe(true);
  });
});
