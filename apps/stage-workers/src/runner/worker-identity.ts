import type { Actor } from '@uplift/contracts';
import type { InstanceHistory } from '@uplift/event-store';

/** Who writes in a worker's name, and where to. */
export interface WorkerIdentity {
  readonly actor: Actor;
  readonly history: InstanceHistory;
}
