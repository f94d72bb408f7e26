import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from './domain-error.js';

/** What a client sends to make a POST safe to repeat. */
export interface RetryKey {
  key: string;
  /** What the request asks for, path and body: digested, never stored. */
  content: string[];
}

const allowed = /^[\x21-\x7e]{1,255}$/;

/** The request's `Idempotency-Key`, or undefined. Throws BAD_REQUEST for one that is not 1 to 255 visible ASCII characters. */
export const RetryWith = createParamDecorator(
  (_: unknown, context: ExecutionContext): RetryKey | undefined => {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key !== 'string' || !allowed.test(key)) {
      throw new DomainError(
        'BAD_REQUEST',
        'Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
        {
          details: [
            {
              path: 'Idempotency-Key',
              code: 'invalid',
              message: 'must be 1 to 255 visible ASCII characters',
            },
          ],
        },
      );
    }
    const path = request.url.split('?', 1)[0] ?? '';
    return { key, content: [path, JSON.stringify(request.body ?? null)] };
  },
);
