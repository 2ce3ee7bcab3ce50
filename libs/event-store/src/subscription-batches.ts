export const DEFAULT_MAX_BATCH = 512;
