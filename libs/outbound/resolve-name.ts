import { lookup } from 'node:dns/promises';
import pLimit from 'p-limit';

/**
 * Gives every address of a name.
 *
 * @param deadline when the answer is not wanted any more
 * @throws an error with a `code` such as `ENOTFOUND` when there is none
 */
export type ResolveName = (name: string, deadline: AbortSignal) => Promise<string[]>;

/**
 * The system's resolver holds a thread of libuv's pool of four until the name server answers, and files and password hashes
 * need those threads too: names whose server is silent must not take them all.
 */
const atOnce = pLimit(2);

/** Asks the system (getaddrinfo), so that its hosts file and its resolver settings count. */
export const resolveName: ResolveName = (name, deadline) =>
  atOnce(async () => {
    deadline.throwIfAborted();
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  });
