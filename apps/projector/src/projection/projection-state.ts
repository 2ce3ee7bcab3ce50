import type { StaleReason, StoredEvent } from '@uplift/contracts';
import type { Checkpoint } from '../read-model/read-model.port';
import { READ_MODEL_VERSION } from '../read-model/read-model.tables';

/** The projection must not go on: going on would make the read model differ from the history. */
export class ProjectionHaltedError extends Error {
  readonly code: Extract<StaleReason, 'projection-halted' | 'store-diverged'> = 'projection-halted';
  /** What it stopped before, without its data; absent when no single event is to blame. */
  readonly event?: EventPlace;

  constructor(reason: string, event?: EventPlace, options?: ErrorOptions) {
    super(event ? `${reason} (${inWords(event)})` : reason, options);
    if (event) this.event = placeOf(event);
  }
}

/** The rows were made from another store, or from a later state of this one. */
export class AnotherStoreError extends ProjectionHaltedError {
  override readonly code = 'store-diverged';

  constructor({ position, lastEvent }: Checkpoint, found: string) {
    const { id, stream, revision } = lastEvent ?? { id: '?', stream: '?', revision: '?' };
    super(
      `The read model was made up to event ${id}, ${stream}@${revision}, position ${position?.toString()}, and this store ${found}: was a backup restored, or is it another store? If it is the right one, accept it (uplift system accept-store) or rebuild the read model`,
    );
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
  | {
      readonly kind: 'halted';
      readonly error: ProjectionHaltedError;
      /** Why it could not be helped. */
      readonly note?: string;
    };

/** Undefined when the read model is kept up to date. */
export function whyNotProjecting(state: ProjectionState): string | undefined {
  if (state.kind === 'halted') {
    const note = state.note === undefined ? '' : `; the rebuild failed: ${state.note}`;
    return `stopped: ${state.error.message}${note}`;
  }
  if (state.kind === 'retrying') return `trying again: ${state.reason}`;
  return state.kind === 'starting' ? 'the checkpoint was not read yet' : undefined;
}

/** Why an answer may be old; undefined when the read model follows the store. */
export function whyStale(
  state: ProjectionState,
): { readonly reason: StaleReason; readonly detail: string } | undefined {
  const detail = whyNotProjecting(state);
  if (detail === undefined || state.kind === 'starting') return undefined;
  return { reason: state.kind === 'halted' ? state.error.code : 'projection-interrupted', detail };
}

/** Throws ProjectionHaltedError if this build cannot continue the rows behind the checkpoint. */
export function refuseOtherVersion({ version }: Checkpoint): void {
  if (version === READ_MODEL_VERSION) return;
  throw new ProjectionHaltedError(
    `The read model has version ${version} and this build makes version ${READ_MODEL_VERSION}: rebuild it`,
  );
}
