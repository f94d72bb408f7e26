import { changeOf, initialSettings, settingsAfter } from './organization-settings.js';

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
