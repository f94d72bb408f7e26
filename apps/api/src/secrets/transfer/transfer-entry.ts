/** The formats in which secrets come in and go out. */
export type TransferFormat = 'dotenv' | 'json' | 'yaml';

/** One secret on its way in or out. */
export interface TransferEntry {
  key: string;
  value: string;
}

/** The most content one import may have, in bytes of UTF-8. */
export const MAX_CONTENT_BYTES = 8 * 1024 * 1024;

/** The most secrets one import or export may have. */
export const MAX_ENTRIES = 10_000;

/** The longest secret value, in bytes of UTF-8. */
export const MAX_VALUE_BYTES = 64 * 1024;
