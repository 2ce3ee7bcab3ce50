import type { NatsConnection } from 'nats';

/** Such a server tells no time, and lets nobody change whether a stream that is there sends on what it takes. */
export function isBefore210({ info }: NatsConnection): boolean {
  return /^2\.[0-9]\./.test(info?.version ?? '');
}
