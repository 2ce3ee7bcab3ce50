import type { Checkpoint } from './checkpoint';
import { ProjectionHaltedError } from './projection-halted.error';
import { READ_MODEL_VERSION } from './read-model.version';

/** Throws ProjectionHaltedError if this build and this store cannot continue the rows behind the checkpoint. */
export function refuseUnfitCheckpoint(
  { version, position }: Checkpoint,
  storeHead: bigint | null,
): void {
  if (version !== READ_MODEL_VERSION) {
    throw new ProjectionHaltedError(
      `The read model has version ${version} and this build makes version ${READ_MODEL_VERSION}: rebuild it`,
    );
  }
  if (position === null || (storeHead !== null && storeHead >= position)) return;
  const end = storeHead === null ? 'is empty' : `ends at position ${storeHead.toString()}`;
  throw new ProjectionHaltedError(
    `The store ${end}, before position ${position.toString()} of the read model: was a backup restored? If that is wanted, rebuild the read model`,
  );
}
