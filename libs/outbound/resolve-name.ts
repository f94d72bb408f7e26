import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { codeOf } from './outbound.errors.js';

/**
 * Gives every address of a name.
 *
 * @param deadline when the answer is not wanted any more
 * @throws an error with a `code` such as `ENOTFOUND` when there is none
 */
export type ResolveName = (name: string, deadline: AbortSignal) => Promise<string[]>;

/** Where to look; what is left out is that of the machine. */
export interface NameSources {
  /** Name servers as `dns.Resolver` takes them. */
  servers?: readonly string[];
  /** hosts(5). */
  hostsFile?: string;
}

/** Milliseconds for the first of two questions to one name server; whoever asks has a deadline besides. */
const timeout = 2_000;
const tries = 2;
/** Codes of `node:dns` that say that a name has no address of a kind, not that nobody knows. */
const saysNone = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * A resolver that looks into the hosts file and then asks name servers. It is not that of the system (getaddrinfo), which
 * cannot be stopped and holds one of few threads until the name server answers: a few names whose server is silent would keep
 * every other name, and files and password hashes, waiting. A name is looked up as it is, without a list of domains to search.
 */
export function nameResolver({ servers = [], hostsFile = '/etc/hosts' }: NameSources = {}): ResolveName {
  return async (name, deadline) => {
    deadline.throwIfAborted();
    const local = addressesIn(await readFile(hostsFile, 'utf8').catch(() => ''), name);
    if (local.length > 0) return local;
    const resolver = new Resolver({ timeout, tries });
    if (servers.length > 0) resolver.setServers(servers);
    const stop = (): void => resolver.cancel();
    deadline.addEventListener('abort', stop, { once: true });
    try {
      deadline.throwIfAborted();
      return together(await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]));
    } finally {
      deadline.removeEventListener('abort', stop);
    }
  };
}

/** @throws what was wrong with one of the questions, where the other one found nothing; that nobody knows before that there is none */
function together(answers: PromiseSettledResult<string[]>[]): string[] {
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (found.length > 0) return found;
  const errors = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  throw errors.find((error) => !saysNone.has(codeOf(error))) ?? errors[0];
}

/** The addresses that a hosts file gives a name, whatever its case. */
function addressesIn(hosts: string, name: string): string[] {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/);
    return isIP(address) !== 0 && names.includes(wanted) ? [address] : [];
  });
}
