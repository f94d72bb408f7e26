import type { OperationAnswer } from './operation.js';
import type { Route } from './routes.js';
import { taggedClasses } from './success-answers.js';

function route(
  method: string,
  path: string,
  answer: Partial<OperationAnswer>,
  acceptsIfMatch = false,
): Route {
  return {
    method,
    path,
    handler: `ThingsController.${method}`,
    operation: { operationId: `ThingsController.${method}` },
    tag: { name: 'things', description: 'Things.' },
    acceptsRetryKey: false,
    acceptsIfMatch,
    answer: { status: 200, schema: null, shape: 'one', description: 'It.', ...answer },
  };
}

describe('taggedClasses', () => {
  const get = route('get', '/things/{thingId}', { schema: 'ThingDto' });
  const remove = route('delete', '/things/{thingId}', { status: 204 }, true);

  it('follows from an If-Match on the path of a thing', () => {
    expect([...taggedClasses([get, remove])]).toEqual(['ThingDto']);
    expect([...taggedClasses([get])]).toEqual([]);
  });

  it('holds for what makes such a thing, and for no other POST', () => {
    const create = route('post', '/things', { status: 201, schema: 'MintedThingDto' });
    const other = route('post', '/others', { status: 201, schema: 'OtherDto' });
    expect([...taggedClasses([get, remove, create, other])]).toEqual(['ThingDto', 'MintedThingDto']);
  });

  it('never holds for a list', () => {
    const list = route('patch', '/things', { schema: 'ThingDto', shape: 'page' }, true);
    expect([...taggedClasses([list])]).toEqual([]);
  });
});
