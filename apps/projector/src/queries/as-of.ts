import { isoTime } from '../database/iso-time';
import type { Checkpoint } from '../projection/checkpoint';
import type { StoreHead } from '../projection/projection-progress';

/** How old an answer is. */
export interface AsOf {
  /** The answer reflects the store exactly up to here; `0` before the first event. */
  readonly position: string;
  /** Up to this moment the answer is known to be complete, RFC 3339. */
  readonly at: string;
  /** From then to now, whole milliseconds. */
  readonly ageMs: number;
}

export function asOf(checkpoint: Checkpoint, head: StoreHead | undefined, now: number): AsOf {
  const at = Math.min(now, completeUntil(checkpoint, head));
  return {
    position: (checkpoint.position ?? 0n).toString(),
    at: isoTime(at),
    ageMs: now - at,
  };
}

/** The last event's time, or when the store was last seen to hold nothing newer. */
function completeUntil(checkpoint: Checkpoint, head: StoreHead | undefined): number {
  const lastEventAt = checkpoint.lastEventAt ?? 0;
  if (!head || (checkpoint.position ?? 0n) < (head.position ?? 0n)) {
    return checkpoint.lastEventAt ?? checkpoint.updatedAt;
  }
  return Math.max(lastEventAt, head.seenAt);
}
