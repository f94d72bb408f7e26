import { earlierEnd, endWithin, latestEnd, LifetimeTooLong } from './lifetimes.js';

const made = new Date('2026-03-01T08:30:00.000Z');
const soon = new Date('2026-03-10T00:00:00.000Z');
const late = new Date('2026-04-10T00:00:00.000Z');

describe('the longest lifetime', () => {
  it('ends so many times 24 hours after the beginning, and never where there is none', () => {
    expect(latestEnd(made, 30)).toEqual(new Date('2026-03-31T08:30:00.000Z'));
    expect(latestEnd(made, null)).toBeNull();
  });

  it('lets a credential end by itself before, and no later', () => {
    expect(earlierEnd(soon, late)).toBe(soon);
    expect(earlierEnd(late, soon)).toBe(soon);
    expect(earlierEnd(null, soon)).toBe(soon);
    expect(earlierEnd(soon, null)).toBe(soon);
    expect(earlierEnd(null, null)).toBeNull();
  });
});

describe('the end of what is made', () => {
  it('is what was asked for, or never, where no lifetime is the longest', () => {
    expect(endWithin(late, null, 'expiresAt')).toBe(late);
    expect(endWithin(undefined, null, 'expiresAt')).toBeNull();
    expect(endWithin(null, null, 'expiresAt')).toBeNull();
  });

  it('is as late as may be unless something else is asked for, up to the very moment', () => {
    expect(endWithin(undefined, late, 'expiresAt')).toBe(late);
    expect(endWithin(soon, late, 'expiresAt')).toBe(soon);
    expect(endWithin(new Date(late), late, 'expiresAt')).toEqual(late);
  });

  it('is refused when it is later, or never, with the latest that may be', () => {
    for (const wanted of [null, new Date(late.getTime() + 1)]) {
      expect(() => endWithin(wanted, late, 'expiresIn')).toThrow(LifetimeTooLong);
      expect(() => endWithin(wanted, late, 'expiresIn')).toThrow('2026-04-10T00:00:00.000Z');
    }
  });
});
