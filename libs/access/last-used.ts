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

/** What is known of one credential, or of one of its secrets. */
interface Uses {
  resolver: CredentialResolver;
  /** When its last use was written; undefined: it was not. */
  writtenAt?: number;
  /** A use later than that. */
  latest?: CredentialUse;
}

/**
 * Coalesces the last use of credentials, so that no request writes for it: the first use is written a moment later, and what
 * follows within a minute at its end. So the last one is always written.
 */
export class LastUsed {
  private readonly uses = new Map<string, Uses>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onError: (error: unknown) => void = () => undefined) {}

  touch(resolver: CredentialResolver, principal: Principal): void {
    const { organizationId, credentialId, secretId } = principal;
    const id = secretId ?? credentialId;
    const uses: Uses = this.uses.get(id) ?? { resolver };
    uses.latest = { organizationId, credentialId, secretId, at: new Date() };
    this.uses.set(id, uses);
    this.timer ??= setTimeout(() => void this.writeDue(), flushAfter).unref();
  }

  /** Writes what was not written yet; called at shutdown. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.write(() => true);
  }

  private async writeDue(): Promise<void> {
    const before = Date.now() - writeEvery;
    await this.write(({ writtenAt }) => writtenAt === undefined || writtenAt <= before);
    for (const [id, { latest, writtenAt }] of this.uses) {
      if (latest === undefined && (writtenAt === undefined || writtenAt <= before)) this.uses.delete(id);
    }
    this.timer =
      this.uses.size === 0 ? undefined : setTimeout(() => void this.writeDue(), flushAfter).unref();
  }

  private async write(isDue: (uses: Uses) => boolean): Promise<void> {
    const batches = new Map<CredentialResolver, CredentialUse[]>();
    for (const uses of this.uses.values()) {
      const { resolver, latest } = uses;
      if (latest === undefined || !isDue(uses)) continue;
      const batch = batches.get(resolver);
      if (batch) batch.push(latest);
      else batches.set(resolver, [latest]);
      uses.writtenAt = Date.now();
      uses.latest = undefined;
    }
    for (const [resolver, batch] of batches) await resolver.saveLastUsed(batch).catch(this.onError);
  }
}
