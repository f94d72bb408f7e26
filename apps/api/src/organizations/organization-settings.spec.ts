import {
  changeOf,
  initialSettings,
  loosenedBy,
  settingsAfter,
  type OrganizationSettings,
} from './organization-settings.js';

describe('a change of settings', () => {
  it('is what would be another than it is, with both values', () => {
    const present = { ...initialSettings, allowedIps: ['10.0.0.0/8'], requireMfa: true };
    const wanted = {
      allowedIps: ['10.0.0.0/8'],
      requireMfa: false,
      maxKeyLifetimeDays: 30,
      leakedTokens: undefined,
    };
    const change = changeOf(present, wanted);
    expect(change).toEqual({
      requireMfa: { from: true, to: false },
      maxKeyLifetimeDays: { from: null, to: 30 },
    });
    expect(settingsAfter(change)).toEqual({ requireMfa: false, maxKeyLifetimeDays: 30 });
  });

  it('may take a bound away', () => {
    const present = { ...initialSettings, allowedIps: ['10.0.0.0/8'] };
    expect(changeOf(present, { allowedIps: null })).toEqual({
      allowedIps: { from: ['10.0.0.0/8'], to: null },
    });
    expect(changeOf(present, {})).toEqual({});
  });

  it('takes nothing that is no setting', () => {
    const foreign = { plan: 'enterprise' } as Parameters<typeof changeOf>[1];
    expect(changeOf(initialSettings, foreign)).toEqual({});
  });
});

describe('a change of settings that loosens', () => {
  const loosened = (from: Partial<OrganizationSettings>, to: Partial<OrganizationSettings>): string[] => {
    const present = { ...initialSettings, ...from };
    return loosenedBy(present, changeOf(present, { ...initialSettings, ...to }));
  };
  const pairs: [looser: Partial<OrganizationSettings>, stricter: Partial<OrganizationSettings>][] = [
    [{ leakedTokens: 'report' }, { leakedTokens: 'pause' }],
    [{ sessionLifetimeHours: null }, { sessionLifetimeHours: 2160 }],
    [{ sessionLifetimeHours: 13 }, { sessionLifetimeHours: 12 }],
    [{ requireMfa: false }, { requireMfa: true }],
    [{ allowedIps: null }, { allowedIps: ['0.0.0.0/0'] }],
    [{ allowedIps: ['10.0.0.0/8', '192.0.2.1/32'] }, { allowedIps: ['10.1.0.0/16'] }],
    [{ maxTokenLifetimeDays: null }, { maxTokenLifetimeDays: 3650 }],
    [{ maxTokenLifetimeDays: 2 }, { maxTokenLifetimeDays: 1 }],
    [{ maxKeyLifetimeDays: null }, { maxKeyLifetimeDays: 3650 }],
    [{ maxKeyLifetimeDays: 2 }, { maxKeyLifetimeDays: 1 }],
  ];

  it.each(pairs)('%j is looser than %j', (looser, stricter) => {
    expect(loosened(stricter, looser)).toEqual(Object.keys(looser));
    expect(loosened(looser, stricter)).toEqual([]);
    expect(loosened(stricter, stricter)).toEqual([]);
  });

  it('is also one to other addresses, and either change of the days for recovery', () => {
    expect(loosened({ allowedIps: ['10.0.0.0/16'] }, { allowedIps: ['10.1.0.0/16'] })).toEqual([
      'allowedIps',
    ]);
    expect(loosened({ recoveryWindowDays: 30 }, { recoveryWindowDays: 0 })).toEqual(['recoveryWindowDays']);
    expect(loosened({ recoveryWindowDays: 0 }, { recoveryWindowDays: 30 })).toEqual(['recoveryWindowDays']);
  });

  it('is named among those that do not', () => {
    const bounded = { requireMfa: true, maxKeyLifetimeDays: 2 };
    const changed = { requireMfa: false, maxKeyLifetimeDays: 1, maxTokenLifetimeDays: 1 };
    expect(loosened(bounded, changed)).toEqual(['requireMfa']);
  });
});
