import type { Actor, StoredEvent } from '@uplift/contracts';
import {
  InvalidEventError,
  splitStreamName,
  toInstanceEvent,
  UndecodableMessageError,
} from '@uplift/contracts';
import type {
  CallState,
  DeploymentState,
  InFlightStatus,
  InstanceEvent,
  InstanceState,
  OpeningEvent,
  UpgradingInstance,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import { decide, evolve, resume, upgradeIdOf } from '@uplift/domain';
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
  'DeploymentCancelled',
] satisfies OpeningEvent['type'][];

/** Who handles a message, in events and in their ids. */
export interface Handling {
  /**
   * Names this handling of the message. It goes into event ids, so that another worker with the same
   * message gets a conflict and not a silent repeat.
   */
  readonly turn: string;
  readonly actor: Actor;
  /** Called when the history is found to have gone on without this handling. What it throws ends the handling. */
  readonly onNews?: (session: InstanceSession) => Promise<void>;
}

/** Told while nothing else can be done, so no news stand in their way. */
const OF_WAITS: readonly WorkerCommand['type'][] = ['RecordWait', 'EndWait'];

interface Start {
  readonly workOrder: WorkOrder;
  readonly state: InstanceState;
  readonly head: StreamHead;
}

/**
 * One worker's hold on one instance while it handles one message: the state as far as this worker knows,
 * and the head its next append builds on. Starts from the message alone where that opens a stage, and reads
 * the stream only on conflict; any other message is read together with its stream.
 */
export class InstanceSession {
  readonly instanceId: string;
  readonly workOrder: WorkOrder;
  state: InstanceState;
  private head: StreamHead;
  private submissions = 0;

  private constructor(
    private readonly history: InstanceHistory,
    private readonly message: StoredEvent,
    private readonly handling: Handling,
    start: Start,
  ) {
    this.instanceId = splitStreamName(message.stream).id;
    this.workOrder = start.workOrder;
    this.state = start.state;
    this.head = start.head;
  }

  /** Throws UndecodableMessageError for a message that is no event of an upgrade. */
  static async open(
    history: InstanceHistory,
    message: StoredEvent,
    handling: Handling,
  ): Promise<InstanceSession> {
    const event = readable(message);
    if (upgradeIdOf(event) === null) {
      throw new UndecodableMessageError(`Event ${message.id} belongs to no upgrade`);
    }
    const start = isOpening(event)
      ? startAt(message, event)
      : startOf(message, await history.load(splitStreamName(message.stream).id));
    return new InstanceSession(history, message, handling, start);
  }

  /** Decides and appends; after a conflict loads the stream and decides again. */
  async submit(command: WorkerCommand): Promise<Submission> {
    const step = `${command.type}/${this.handling.turn}/${this.submissions++}`;
    const eventId = deterministicEventId(this.message.id, step, 0);
    for (let n = 1; ; n++) {
      const events = decide(command, this.state);
      if (events.length === 0) return 'not-due';
      const isStored = await this.tryAppend(events, step, n < MOST_TRIES);
      if (isStored || (await this.hasLanded(eventId))) return 'appended';
      if (!OF_WAITS.includes(command.type)) await this.handling.onNews?.(this);
    }
  }

  /** Whether the attempt this message belongs to is in a status, as far as this worker knows. */
  isIn(status: InFlightStatus): boolean {
    return this.upgrading?.status === status;
  }

  /** The attempt this message belongs to, while it is in flight; null once it is over. */
  get upgrading(): UpgradingInstance | null {
    const { state, workOrder } = this;
    const isOurs =
      state.kind === 'upgrading' &&
      state.workOrder.upgradeId === workOrder.upgradeId &&
      state.workOrder.attempt === workOrder.attempt;
    return isOurs ? state : null;
  }

  /** What was asked of Lagoon and has no outcome yet. */
  get call(): CallState | null {
    return this.upgrading?.call ?? null;
  }

  /** The build of this attempt; null before Lagoon has named it, and after the deployment's end. */
  get deployment(): DeploymentState | null {
    return this.upgrading?.deployment ?? null;
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
        causationId: this.message.id,
        step,
        correlationId: this.workOrder.upgradeId,
        actor: this.handling.actor,
        ...traceOf(this.message),
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

function startAt({ revision, metadata }: StoredEvent, event: OpeningEvent): Start {
  const { workOrder } = event.data;
  return { workOrder, state: resume(event), head: { revision, hash: metadata.hash } };
}

function startOf({ id }: StoredEvent, { state, head }: LoadedInstance): Start {
  const upgrade = state.kind === 'resting' ? state.lastUpgrade : state;
  if (upgrade === null || !('workOrder' in upgrade)) {
    throw new UndecodableMessageError(`Event ${id} belongs to no upgrade`);
  }
  return { workOrder: upgrade.workOrder, state, head };
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
