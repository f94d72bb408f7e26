import type { Principal } from './actor.js';
import type { CredentialResolver } from './credential-registry.js';

/** A credential's last use is written at most this often, in milliseconds. */
const writeEvery = 60_000;
const flushAfter = 2_000;

/** A use of a credential that is to be written. */
export interface CredentialUse {
  organizationId: string;
  credentialId: string;
  /** Which of the credential's secrets it was, where there are several. */
  secretId?: string;
  at: Date;
}

/** Coalesces the last use of credentials, so that no request writes for it. */
export class LastUsed {
  private readonly written = new Map<string, number>();
  private readonly pending = new Map<CredentialResolver, Map<string, CredentialUse>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onError: (error: unknown) => void = () => undefined) {}

  touch(resolver: CredentialResolver, principal: Principal): void {
    const now = Date.now();
    const { organizationId, credentialId, secretId } = principal;
    const used = secretId ?? credentialId;
    const last = this.written.get(used);
    if (last !== undefined && now - last < writeEvery) return;
    this.written.set(used, now);
    const uses = this.pending.get(resolver) ?? new Map<string, CredentialUse>();
    uses.set(used, { organizationId, credentialId, secretId, at: new Date(now) });
    this.pending.set(resolver, uses);
    this.timer ??= setTimeout(() => void this.flush(), flushAfter).unref();
  }

  /** Writes what is pending; also called at shutdown. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batches = [...this.pending];
    this.pending.clear();
    this.forgetOld();
    for (const [resolver, uses] of batches) {
      await resolver.saveLastUsed([...uses.values()]).catch(this.onError);
    }
  }

  private forgetOld(): void {
    const oldest = Date.now() - writeEvery;
    for (const [id, at] of this.written) if (at < oldest) this.written.delete(id);
  }
}
