import {
  BadRequestException,
  HttpException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';

import { DomainError } from './domain-error.js';
import { errorBody, toDomainError } from './error-body.js';
import { describeError } from './error-description.js';

const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error('secret text'), { code, ...more });

describe('errorBody', () => {
  it('leaves out empty details', () => {
    expect(errorBody('CONFLICT', 'm', 'req_1', [])).toEqual({
      error: { code: 'CONFLICT', message: 'm', requestId: 'req_1' },
    });
  });
});

describe('toDomainError', () => {
  it('keeps domain errors, also inside an exception of Nest', () => {
    const own = new DomainError('CONFLICT', 'taken');
    expect(toDomainError(own)).toBe(own);
    expect(toDomainError(new HttpException('x', 409, { cause: own }))).toBe(own);
  });

  it.each([
    [new NotFoundException('Cannot GET /secret'), 'NOT_FOUND'],
    [new BadRequestException('secret text'), 'BAD_REQUEST'],
    [new ServiceUnavailableException(), 'UNAVAILABLE'],
    [new HttpException('x', 418), 'BAD_REQUEST'],
    [new HttpException('x', 502), 'INTERNAL_ERROR'],
  ])('takes only the status of %s', (exception, code) => {
    const error = toDomainError(exception);
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/secret/);
  });

  it.each([
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'PAYLOAD_TOO_LARGE'],
    ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400, 'BAD_REQUEST'],
    ['FST_ERR_MAX_PARAM_LENGTH', 414, 'BAD_REQUEST'],
    ['FST_ERR_SOMETHING_NEW', 400, 'BAD_REQUEST'],
    ['FST_ERR_REP_INVALID_PAYLOAD_TYPE', 500, 'INTERNAL_ERROR'],
    ['ECONNRESET', 400, 'BAD_REQUEST'],
  ])('knows %s of Fastify', (code, statusCode, expected) => {
    expect(toDomainError(coded(code, { statusCode })).code).toBe(expected);
  });

  it.each(['08006', '53300', '57P01', '57P03', '25006', '40001'])(
    'takes SQLSTATE %s for an outage',
    (code) => {
      expect(toDomainError(coded(code)).code).toBe('UNAVAILABLE');
      const wrapped = Object.assign(new Error('QueryFailedError'), { driverError: coded(code) });
      expect(toDomainError(wrapped).code).toBe('UNAVAILABLE');
    },
  );

  it.each([
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    coded('ECONNREFUSED', { syscall: 'connect' }),
    coded('ENOENT', { syscall: 'connect' }),
    new AggregateError([coded('ECONNREFUSED', { syscall: 'connect' })]),
    new Error('outer', { cause: coded('ECONNRESET', { syscall: 'read' }) }),
  ])('takes %s for an outage', (error) => {
    expect(toDomainError(error).code).toBe('UNAVAILABLE');
  });

  it.each([coded('23503'), Object.assign(new Error('outer'), { driverError: coded('23503') })])(
    'asks to try again after a deletion came between (%s)',
    (error) => {
      expect(toDomainError(error)).toMatchObject({ code: 'UNAVAILABLE', cause: error });
    },
  );

  it.each([
    coded('23505'),
    coded('22P02'),
    coded('57014'),
    coded('ENOENT', { syscall: 'open' }),
    'text',
    undefined,
  ])('says nothing of %s', (thrown) => {
    const error = toDomainError(thrown);
    expect(error.code).toBe('INTERNAL_ERROR');
    expect(error.message).not.toMatch(/secret/);
    expect(error.cause).toBe(thrown);
  });
});

describe('describeError', () => {
  it('gives place and kind, but neither parameters nor messages that quote a value', () => {
    const driverError = coded('23505', {
      detail: 'Key (name)=(secret text)',
      constraint: 'uq',
      table: 'vaults',
    });
    const error = Object.assign(new Error('secret text'), { driverError, parameters: ['secret text'] });
    const description = describeError(new DomainError('INTERNAL_ERROR', 'Unexpected.', { cause: error }));
    expect(JSON.stringify(description)).not.toContain('secret text');
    expect(description.causes?.[0]?.causes?.[0]).toMatchObject({
      code: '23505',
      constraint: 'uq',
      table: 'vaults',
    });
    expect(description.stack).toContain('error-body.spec');
  });

  it('keeps the message of an ordinary error, not that of a JSON error', () => {
    expect(describeError(new TypeError('x is not a function')).message).toBe('x is not a function');
    expect(describeError(new SyntaxError('Unexpected token s in secret text')).message).toBeUndefined();
  });
});
