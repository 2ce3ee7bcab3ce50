import type { Checkpoint } from '../read-model/read-model.port';
import { READ_MODEL_VERSION } from '../read-model/read-model.tables';

const PLACE = { stream: 'instance-of-spec', revision: 0 };

/** A checkpoint for specs: the event at the position has the id `event-<position>` and the hash `hash-<position>`. */
export function checkpointAt(
  position: bigint | null,
  fields: Partial<Checkpoint> = {},
): Checkpoint {
  const isEmpty = position === null;
  return {
    generation: 'g',
    version: READ_MODEL_VERSION,
    position,
    lastEvent: isEmpty ? null : { ...PLACE, id: `event-${position}`, hash: `hash-${position}` },
    seenUpTo: position,
    acceptedStore: null,
    events: isEmpty ? 0 : 5,
    lastEventAt: isEmpty ? null : 1,
    updatedAt: 1,
    ...fields,
  };
}
