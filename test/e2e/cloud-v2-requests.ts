import type { Client, Reply, RequestOptions } from '../support/client.js';
import type { Person } from '../support/people.js';

/** Asks the cloud-style API; the path is relative to `/api/v2`. */
export function ask(
  client: Client,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Reply> {
  return client.request(method, `/api/v2${path}`, { fromRoot: true, ...options });
}

/** Asks with somebody's key. */
export const get = (person: Person, path: string, query?: Record<string, string>): Promise<Reply> =>
  ask(person.client, 'GET', path, { query });
/** Sends a body with somebody's key. */
export const send = (person: Person, method: string, path: string, body?: object): Promise<Reply> =>
  ask(person.client, method, path, { body });
