import type { Setting } from './setting';

type Name = Setting['env'];

/** A time in milliseconds. */
export const ms = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'ms', minimum: 0, description }) as const;

/** A port number; 0 picks a free one. */
export const port = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'port', minimum: 0, description }) as const;

/** How many of something, at least one. */
export const count = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'count', minimum: 1, description }) as const;

/** The most of something; the description says what 0 means. */
export const limit = (env: Name, value: number, description: string) =>
  ({ env, type: 'integer', default: value, unit: 'count', minimum: 0, description }) as const;

/** Off unless it is switched on. */
export const switchedOff = (env: Name, description: string) =>
  ({ env, type: 'boolean', default: false, description }) as const;

/** A text that may be missing. */
export const optionalText = (env: Name, description: string) =>
  ({ env, type: 'string', optional: true, description }) as const;
