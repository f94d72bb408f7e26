import type { Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { IfMatch } from '../etag.js';
import { RetryWith } from '../retry-key.js';

/** What a handler takes besides its declared input; no document tool sees it, as it comes from decorators of our own. */
export interface HandlerFacts {
  acceptsRetryKey: boolean;
  acceptsIfMatch: boolean;
}

/** Facts by handler, named `Controller.method`. */
export type FactsByHandler = ReadonlyMap<string, HandlerFacts>;

type NotedArguments = Record<string, { factory?: unknown }>;

/** Reads which handlers take an `Idempotency-Key` (`@RetryWith()`) and an `If-Match` (`@IfMatch()`). */
export function readHandlerFacts(controllers: Iterable<Type>): FactsByHandler {
  const retryKey = factoryOf(RetryWith);
  const ifMatch = factoryOf(IfMatch);
  const facts = new Map<string, HandlerFacts>();
  for (const controller of controllers) {
    for (const method of Object.getOwnPropertyNames(controller.prototype as object)) {
      const factories = factoriesOf(controller, method);
      facts.set(`${controller.name}.${method}`, {
        acceptsRetryKey: factories.includes(retryKey),
        acceptsIfMatch: factories.includes(ifMatch),
      });
    }
  }
  return facts;
}

/** Nest notes a decorator of our own only by the function inside it, so the decorator is asked on a class of no use. */
function factoryOf(decorator: () => ParameterDecorator): unknown {
  class Probe {
    handler(): void {}
  }
  decorator()(Probe.prototype, 'handler', 0);
  return factoriesOf(Probe, 'handler')[0];
}

function factoriesOf(controller: Type, method: string): unknown[] {
  const noted = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) as NotedArguments | undefined;
  return Object.values(noted ?? {}).flatMap(({ factory }) => (factory === undefined ? [] : [factory]));
}
