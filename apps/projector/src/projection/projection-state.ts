import type { StoredEvent } from '@uplift/contracts';
import type { Checkpoint } from '../read-model/read-model.port';
import { READ_MODEL_VERSION } from '../read-model/read-model.tables';

/** The projection must not go on: going on would make the read model differ from the history. */
export class ProjectionHaltedError extends Error {
  readonly code = 'projection-halted';
  /** What it stopped before, without its data; absent when no single event is to blame. */
  readonly event?: EventPlace;

  constructor(reason: string, event?: EventPlace, options?: ErrorOptions) {
    super(event ? `${reason} (${inWords(event)})` : reason, options);
    if (event) this.event = placeOf(event);
  }
}

type EventPlace = Pick<StoredEvent, 'id' | 'type' | 'stream' | 'revision' | 'position'>;

function placeOf({ id, type, stream, revision, position }: EventPlace): EventPlace {
  return { id, type, stream, revision, position };
}

function inWords({ id, type, stream, revision, position }: EventPlace): string {
  return `event ${id}, type ${type}, ${stream}@${revision}, position ${position.toString()}`;
}

/** What the loop is doing, and if it is not projecting, why. */
export type ProjectionState =
  | { readonly kind: 'starting' | 'catching-up' | 'live' }
  /** Another projector writes; this one follows its checkpoint. */
  | { readonly kind: 'standby' }
  | { readonly kind: 'retrying'; readonly reason: string }
  | { readonly kind: 'halted'; readonly error: ProjectionHaltedError };

/** Undefined when the read model is kept up to date. */
export function whyNotProjecting(state: ProjectionState): string | undefined {
  if (state.kind === 'halted') return `stopped: ${state.error.message}`;
  if (state.kind === 'retrying') return `trying again: ${state.reason}`;
  return state.kind === 'starting' ? 'the checkpoint was not read yet' : undefined;
}

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
