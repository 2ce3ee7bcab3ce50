/** Largest body of a command, at both doors. */
export const BODY_LIMIT_BYTES = 100 * 1_024;
/** Longest time a client may take to send a request. */
export const REQUEST_TIMEOUT_MS = 60_000;
