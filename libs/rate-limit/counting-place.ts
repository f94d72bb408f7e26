import type { Circuit } from './circuit.js';
import type { Window, WindowOptions } from './window.js';

/** A place beyond this process where windows are counted, behind a circuit. */
export interface CountingPlace {
  readonly circuit: Circuit;
  /** A window there; it may fail, and must be insured. */
  window(options: WindowOptions): Window;
  close(): Promise<void>;
}
