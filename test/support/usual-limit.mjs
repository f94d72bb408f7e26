/** How long a test or a hook may take unless it says otherwise, in milliseconds. */
export const usualLimit = 30_000;
