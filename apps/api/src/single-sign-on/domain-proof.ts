import { Resolver } from 'node:dns/promises';
import { Inject, Injectable } from '@nestjs/common';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { codeOf } from '@credvault/outbound/outbound.errors.js';
import { challengeName } from './provider-configuration.js';

/** Milliseconds for one question to one name server; it is asked twice. */
const timeout = 2_000;
const tries = 2;
/** Milliseconds for all of it, however many name servers there are. */
const longest = 6_000;

/** Codes of `node:dns` for a name that does not exist, and for one without such a record. */
const saysNone = new Set(['ENOTFOUND', 'ENODATA']);

/** Looks up whether whoever asks controls a domain: they have published a TXT record in it that says so. */
@Injectable()
export class DomainProof {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  /**
   * The texts that a domain shows as proofs. None where its name servers say so; undefined where they say nothing, so that an
   * outage proves neither that the domain is somebody's nor that it is not.
   */
  async textsOf(domain: string): Promise<string[] | undefined> {
    const resolver = new Resolver({ timeout, tries });
    if (this.settings.dnsServers.length > 0) resolver.setServers(this.settings.dnsServers);
    const stop = setTimeout(() => resolver.cancel(), longest);
    try {
      const records = await resolver.resolveTxt(challengeName(domain));
      // A record is cut into strings of 255 bytes at most (RFC 1035, section 3.3.14).
      return records.map((strings) => strings.join(''));
    } catch (error) {
      return saysNone.has(codeOf(error)) ? [] : undefined;
    } finally {
      clearTimeout(stop);
    }
  }
}
