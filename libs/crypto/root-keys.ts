import { existsSync } from 'node:fs';
import { createRootKeyFile, readRootKeyFile } from './root-key-file.js';
import { parseRootKeys, type RootKeySet } from './root-key.js';

/** Where the root keys come from: text of the environment, or a file. */
export type RootKeySource = { kind: 'environment'; text: string } | { kind: 'file'; path: string };

/** The root keys of this process, and the way to read them again after a rotation. */
export class RootKeys {
  private constructor(
    readonly source: RootKeySource,
    private keys: RootKeySet,
  ) {}

  /**
   * Reads the root keys.
   *
   * @param mayCreate makes the key file when it is missing: only for an embedded database that is empty
   * @param onCreated told the path of a file that was made
   * @throws RootKeyError when there is no key or it cannot be used
   */
  static open(source: RootKeySource, mayCreate: boolean, onCreated: (path: string) => void): RootKeys {
    if (source.kind === 'environment') return new RootKeys(source, readKeys(source));
    if (mayCreate && !existsSync(source.path)) {
      const keys = createRootKeyFile(source.path);
      onCreated(source.path);
      return new RootKeys(source, keys);
    }
    return new RootKeys(source, readKeys(source));
  }

  /** The keys as they are now; `current` wraps, all of them unwrap. */
  get set(): RootKeySet {
    return this.keys;
  }

  /**
   * Reads a key file again; keys of the environment change with a restart only. Keys that changed are taken over once
   * `verify` has proved that they are the database's: a wrong file put in place of the right one must not become what new
   * data keys are wrapped with.
   *
   * @throws RootKeyError when the file cannot be read, or what `verify` throws; the keys then stay as they were
   */
  async reload(verify: (keys: RootKeySet) => Promise<void>): Promise<void> {
    const keys = readKeys(this.source);
    if (keys.ids().join() === this.keys.ids().join()) return;
    await verify(keys);
    this.keys = keys;
  }
}

function readKeys(source: RootKeySource): RootKeySet {
  if (source.kind === 'environment') return parseRootKeys(source.text, 'CREDVAULT_ROOT_KEY');
  return readRootKeyFile(source.path);
}
