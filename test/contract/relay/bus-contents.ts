import type { StoredEvent } from '@uplift/contracts';
import type { OnBus } from '../../support/bus-reader';

/** Every message is the event of the same number in the store, exactly; one epoch, ordinals without a gap. */
export function expectSame(found: readonly OnBus[], stored: readonly StoredEvent[]): void {
  expect(found.map(({ event }) => event)).toEqual(stored);
  expect(found.map(({ proof }) => proof.ordinal)).toEqual(stored.map((_, n) => n + 1));
  expect(new Set(found.map(({ proof }) => proof.epoch)).size).toBeLessThanOrEqual(1);
}
