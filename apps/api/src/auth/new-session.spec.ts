import { bindTo, newSession, renewedTimes } from './new-session.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const begun = new Date('2026-03-01T08:00:00.000Z');
const owner = { organizationId: 'organization', userId: 'user' };
const origin = { requestId: 'req', method: 'POST', route: '/auth/login', event: '', recorded: false };
const after = (time: number): Date => new Date(begun.getTime() + time);

beforeEach(() => jest.spyOn(Date, 'now').mockReturnValue(begun.getTime()));
afterEach(() => jest.restoreAllMocks());

describe('a session (SECURITY)', () => {
  it('has an access token of 15 minutes, a refresh token of 30 days, and ends after 90', () => {
    expect(newSession(owner, Buffer.alloc(32), origin)).toMatchObject({
      accessExpiresAt: after(15 * minute),
      refreshExpiresAt: after(30 * day),
      absoluteExpiresAt: after(90 * day),
      steppedUpAt: begun,
      signedInAt: begun,
    });
  });

  it('lives on with each refresh, and never beyond its end', () => {
    const session = newSession(owner, Buffer.alloc(32), origin);
    expect(renewedTimes(session, after(20 * day))).toEqual({
      accessExpiresAt: after(20 * day + 15 * minute),
      refreshExpiresAt: after(50 * day),
      lastUsedAt: after(20 * day),
    });
    const late = after(90 * day - 5 * minute);
    expect(renewedTimes(session, late)).toEqual({
      accessExpiresAt: after(90 * day),
      refreshExpiresAt: after(90 * day),
      lastUsedAt: late,
    });
  });

  it('that a provider vouched for lasts a day, and has stepped up when that last asked', () => {
    const session = newSession(owner, Buffer.alloc(32), origin);
    bindTo(session, { identityId: 'identity', provedAt: after(-5 * minute) });
    expect(session).toMatchObject({
      externalIdentityId: 'identity',
      accessExpiresAt: after(15 * minute),
      refreshExpiresAt: after(day),
      absoluteExpiresAt: after(day),
      steppedUpAt: after(-5 * minute),
    });
    expect(renewedTimes(session, after(day - minute)).accessExpiresAt).toEqual(after(day));
  });
});
