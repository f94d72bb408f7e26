import type { AddressRules } from './address-rules.js';
import type { OutboundAnswer } from './answer-reader.js';
import { exchange } from './exchange.js';
import { codeOf, OutboundFailed, outboundFailure, OutboundRefused } from './outbound.errors.js';
import { checkRequest, isAddress, type OutboundRequest } from './outbound-request.js';
import { nameResolver, type ResolveName } from './resolve-name.js';

/** What resolvers say of a name without addresses, or that can be none, for good: `ESERVFAIL` and others may pass. */
const noSuchName = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/**
 * Calls addresses that users gave (an identity provider, a webhook), without letting them reach what only the machine of the
 * service can reach. The name is looked up once, every address is checked, and the connection goes to those very addresses.
 * It follows no redirect, keeps no cookie and no connection, and knows no proxy.
 */
export class OutboundClient {
  constructor(
    private readonly rules: Pick<AddressRules, 'permits'>,
    private readonly resolve: ResolveName = nameResolver(),
  ) {}

  /**
   * Makes one call.
   *
   * @throws OutboundRefused when the call is not allowed; nothing was sent
   * @throws OutboundFailed when no usable answer came: `reason` tells time, size, certificate, protocol and connection apart
   */
  async request(request: OutboundRequest): Promise<OutboundAnswer> {
    const checked = checkRequest(request);
    const deadline = AbortSignal.timeout(checked.timeoutMs);
    const addresses = isAddress(checked.host)
      ? [checked.host]
      : await this.addressesOf(checked.host, deadline);
    if (addresses.length === 0 || !addresses.every((address) => this.rules.permits(address))) {
      throw new OutboundRefused('address');
    }
    return exchange(checked, addresses, deadline);
  }

  private async addressesOf(name: string, deadline: AbortSignal): Promise<string[]> {
    try {
      return await orDeadline(this.resolve(name, deadline), deadline);
    } catch (error) {
      if (noSuchName.has(codeOf(error))) throw new OutboundRefused('address', error);
      throw outboundFailure(error);
    }
  }
}

/** Not every resolver stops when it is asked to. */
function orDeadline<T>(work: Promise<T>, deadline: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(new OutboundFailed('timeout')), { once: true });
    work.then(resolve, reject);
  });
}
