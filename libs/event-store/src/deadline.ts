import { EventStoreUnavailableError } from './event-store.errors';

/** Gives up waiting after `ms` milliseconds; the work itself may still succeed. */
export function withDeadline<T>(work: Promise<T>, ms: number, giveUp?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new EventStoreUnavailableError(`The event store did not answer within ${ms} ms`));
      giveUp?.();
    }, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
