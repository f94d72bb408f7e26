import { Resolver } from 'node:dns/promises';
import { Inject, Injectable } from '@nestjs/common';
import { settingsToken, type Settings } from '@credvault/config/settings.js';
import { challengeName, challengeValue } from './provider-configuration.js';

/** Milliseconds for one question to one name server; it is asked twice. */
const timeout = 2_000;
const tries = 2;
/** Milliseconds for all of it, however many name servers there are. */
const longest = 6_000;

/** Looks up whether whoever asks controls a domain: they have published a TXT record in it that says so. */
@Injectable()
export class DomainProof {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  /** Whether the domain shows the token. A name server that does not answer shows nothing. */
  async isShown(domain: string, token: string): Promise<boolean> {
    const resolver = new Resolver({ timeout, tries });
    if (this.settings.dnsServers.length > 0) resolver.setServers(this.settings.dnsServers);
    const stop = setTimeout(() => resolver.cancel(), longest);
    try {
      const records = await resolver.resolveTxt(challengeName(domain));
      // A record is cut into strings of 255 bytes at most (RFC 1035, section 3.3.14).
      return records.some((strings) => strings.join('') === challengeValue(token));
    } catch {
      return false;
    } finally {
      clearTimeout(stop);
    }
  }
}
