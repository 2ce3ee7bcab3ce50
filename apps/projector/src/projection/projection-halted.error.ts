import type { StoredEvent } from '@uplift/contracts';

type EventPlace = Pick<StoredEvent, 'id' | 'type' | 'stream' | 'revision' | 'position'>;

/** The projection must not go on: going on would make the read model differ from the history. */
export class ProjectionHaltedError extends Error {
  readonly code = 'projection-halted';
  /** The event it stopped before; absent when no single event is to blame. */
  readonly event: EventPlace | undefined;

  constructor(reason: string, event?: StoredEvent, options?: ErrorOptions) {
    super(event ? `${reason} (${placeOf(event)})` : reason, options);
    this.event = event;
  }
}

function placeOf({ id, type, stream, revision, position }: StoredEvent): string {
  return `event ${id}, type ${type}, ${stream}@${revision}, position ${position.toString()}`;
}
