import type { Actor, StoredEvent } from '@uplift/contracts';
import {
  InvalidEventError,
  splitStreamName,
  toInstanceEvent,
  UndecodableMessageError,
} from '@uplift/contracts';
import type {
  DeploymentState,
  InFlightStatus,
  InstanceEvent,
  InstanceState,
  OpeningEvent,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import { decide, evolve, resume } from '@uplift/domain';
import type { InstanceHistory, LoadedInstance, StreamHead } from '@uplift/event-store';
import {
  deterministicEventId,
  EventStoreUnavailableError,
  RevisionConflictError,
} from '@uplift/event-store';

/** Whether a submitted command produced the events that now stand in the stream. */
export type Submission = 'appended' | 'not-due';

const MOST_TRIES = 5;

const OPENING: readonly string[] = [
  'UpgradeRequested',
  'UpgradePending',
  'DeploymentAccepted',
  'PostUpgradePending',
  'PostUpgradeCompleted',
] satisfies OpeningEvent['type'][];

/**
 * One worker's hold on one instance while it handles one message: the state as far as this worker knows,
 * and the head its next append builds on. Starts from the message alone, reads the stream only on conflict.
 */
export class InstanceCursor {
  readonly instanceId: string;
  readonly workOrder: WorkOrder;
  state: InstanceState;
  private head: StreamHead;
  private submissions = 0;

  constructor(
    private readonly history: InstanceHistory,
    private readonly opening: StoredEvent,
    /**
     * Names this handling of the message. It goes into event ids, so that another worker with the same
     * message gets a conflict and not a silent repeat.
     */
    private readonly turn: string,
    private readonly actor: Actor,
  ) {
    const event = openingEventIn(opening);
    this.instanceId = splitStreamName(opening.stream).id;
    this.workOrder = event.data.workOrder;
    this.state = resume(event);
    this.head = { revision: opening.revision, hash: opening.metadata.hash };
  }

  /** Decides and appends; after a conflict loads the stream and decides again. */
  async submit(command: WorkerCommand): Promise<Submission> {
    const step = `${command.type}/${this.turn}/${this.submissions++}`;
    const eventId = deterministicEventId(this.opening.id, step, 0);
    for (let n = 1; ; n++) {
      const events = decide(command, this.state);
      if (events.length === 0) return 'not-due';
      const isStored = await this.tryAppend(events, step, n < MOST_TRIES);
      if (isStored || (await this.hasLanded(eventId))) return 'appended';
    }
  }

  /** Whether the attempt this message belongs to is in a status, as far as this worker knows. */
  isIn(status: InFlightStatus): boolean {
    const { state, workOrder } = this;
    return (
      state.kind === 'upgrading' &&
      state.status === status &&
      state.workOrder.upgradeId === workOrder.upgradeId &&
      state.workOrder.attempt === workOrder.attempt
    );
  }

  /** The newest call to Lagoon of this attempt; null if none was asked for, or the stage is over. */
  get deployment(): DeploymentState | null {
    return this.isIn('upgrade-running') && this.state.kind === 'upgrading'
      ? this.state.deployment
      : null;
  }

  /** Reads the stream: needed when the message is older than the instance. */
  async reload(): Promise<LoadedInstance> {
    const loaded = await this.history.load(this.instanceId);
    this.state = loaded.state;
    this.head = loaded.head;
    return loaded;
  }

  /** False if somebody else was first, or if the outcome is unknown: then the stream has the answer. */
  private async tryAppend(
    events: readonly InstanceEvent[],
    step: string,
    mayTryAgain: boolean,
  ): Promise<boolean> {
    try {
      const { head } = await this.history.append(this.instanceId, this.head, events, {
        causationId: this.opening.id,
        step,
        correlationId: this.workOrder.upgradeId,
        actor: this.actor,
        ...traceOf(this.opening),
      });
      this.head = head;
      this.state = events.reduce(evolve, this.state);
      return true;
    } catch (error) {
      if (mayTryAgain && isWorthAnotherLook(error)) return false;
      throw error;
    }
  }

  /** After an append whose outcome is unknown: is it in the stream? */
  private async hasLanded(eventId: string): Promise<boolean> {
    const { events } = await this.reload();
    return events.some(({ id }) => id === eventId);
  }
}

/** Throws UndecodableMessageError for a message that opens no stage. */
function openingEventIn(stored: StoredEvent): OpeningEvent {
  const event = readable(stored);
  if (isOpening(event)) return event;
  throw new UndecodableMessageError(`Event ${stored.id} opens no stage`);
}

function readable(stored: StoredEvent): InstanceEvent {
  try {
    return toInstanceEvent(stored);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw new UndecodableMessageError(error.message, { cause: error });
  }
}

function isOpening(event: InstanceEvent): event is OpeningEvent {
  return OPENING.includes(event.type);
}

function isWorthAnotherLook(error: unknown): boolean {
  return error instanceof RevisionConflictError || error instanceof EventStoreUnavailableError;
}

function traceOf({ metadata }: StoredEvent): { traceparent?: string } {
  return metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent };
}
