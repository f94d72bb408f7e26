import { DomainError } from './domain-error.js';
import { assertPrecondition, etagOf } from './etag.js';

const outcome = (ifMatch: string | undefined): string => {
  try {
    assertPrecondition(ifMatch, 'sec_1', 4);
    return 'passes';
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error);
  }
};

describe('If-Match', () => {
  it('makes a strong tag of id and revision', () => {
    expect(etagOf('sec_1', 4)).toBe('"sec_1.4"');
  });

  it.each([
    [undefined, 'passes'],
    ['*', 'passes'],
    ['"sec_1.4"', 'passes'],
    ['"other", "sec_1.4"', 'passes'],
    ['"a,b" ,, "sec_1.4"', 'passes'],
    ['"sec_1.3"', 'PRECONDITION_FAILED'],
    ['"sec_1.44"', 'PRECONDITION_FAILED'],
    ['W/"sec_1.4"', 'PRECONDITION_FAILED'],
    ['"a,b"', 'PRECONDITION_FAILED'],
    ['sec_1.4', 'BAD_REQUEST'],
    ['"a, "', 'BAD_REQUEST'],
    ['"sec_1.4', 'BAD_REQUEST'],
    ['"sec_1.4" "x"', 'BAD_REQUEST'],
    ['*, "sec_1.4"', 'BAD_REQUEST'],
    ['', 'BAD_REQUEST'],
  ])('%s %s', (ifMatch, expected) => {
    expect(outcome(ifMatch)).toBe(expected);
  });
});
