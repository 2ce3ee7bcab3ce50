import type { Actor } from '@uplift/contracts';
import type { InstanceHistory } from '@uplift/event-store';

/** Who writes in a worker's name, and where to. */
export interface WorkerIdentity {
  /** Unique per process run: a restarted worker is another worker. */
  readonly workerId: string;
  readonly actor: Actor;
  readonly history: InstanceHistory;
}
