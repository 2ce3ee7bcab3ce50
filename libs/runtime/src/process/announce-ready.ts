import type { Logger } from '../logging/logger';

/** What a process listens on, by purpose, for example `{ http: 3000, health: 41234 }`. */
export type Ports = Readonly<Record<string, number>>;

export interface ReadyMessage {
  readonly type: 'ready';
  readonly ports: Ports;
}

/** Tells the parent (when there is a channel to one) and the log that this process now does its work. */
export function announceReady(ports: Ports, logger?: Logger): void {
  const message: ReadyMessage = { type: 'ready', ports };
  logger?.info({ ports }, 'ready');
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
