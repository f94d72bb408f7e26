import { mintToken } from '@credvault/crypto/tokens.js';
import { describeMailError, isFinal, MailRefused } from './mail-error.js';

const wrong = (message: string, more: object): Error => Object.assign(new Error(message), more);

describe('describeMailError', () => {
  it('keeps the words of a failed connection, without addresses and tokens', () => {
    const error = wrong(`no route to jane@example.com with ${mintToken('cvreset_')}`, { code: 'ESOCKET' });
    expect(describeMailError(error)).toEqual({
      code: 'ESOCKET',
      message: 'no route to [address] with [token]',
    });
  });

  it('leaves out what the server said', () => {
    const error = wrong('550 no jane here', {
      code: 'EENVELOPE',
      responseCode: 550,
      response: '550 no jane here',
    });
    expect(describeMailError(error)).toEqual({ code: 'EENVELOPE', responseCode: 550 });
    expect(describeMailError(wrong('odd', { response: 'odd' }))).toEqual({});
  });

  it('says nothing of what is no error', () => {
    expect(describeMailError('jane@example.com')).toEqual({});
  });
});

describe('isFinal', () => {
  it('holds for what another try does not change', () => {
    expect(isFinal(new MailRefused('no server'))).toBe(true);
    expect(isFinal(wrong('no', { responseCode: 550 }))).toBe(true);
    expect(isFinal(wrong('later', { responseCode: 451 }))).toBe(false);
    expect(isFinal(wrong('away', { code: 'ECONNREFUSED' }))).toBe(false);
  });
});
