import { spanOfEvent } from '@uplift/event-store';
import type { Clock, Tracing } from '@uplift/runtime';
import type { WrittenBatch } from './projection-loop';

const PROJECT = { verb: 'project', kind: 'consumer' } as const;

/** The function to be told of each written batch: in the trace of each event it shows when its row was written. */
export function traceBatches(tracing: Tracing, clock: Clock): (batch: WrittenBatch) => void {
  if (!tracing.isOn) return () => undefined;
  return ({ events, seconds }) => {
    const now = clock.wall();
    for (const event of events) {
      const options = spanOfEvent(event, PROJECT, now);
      if (options !== undefined) tracing.note(options, seconds * 1_000);
    }
  };
}
