import type { Actor, StoredEvent } from '@uplift/contracts';
import {
  InvalidEventError,
  splitStreamName,
  toInstanceEvent,
  UndecodableMessageError,
} from '@uplift/contracts';
import type {
  Attempt,
  CallState,
  DeploymentState,
  InFlightStatus,
  InstanceEvent,
  InstanceState,
  UpgradingInstance,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import { resume, upgradeIdOf, workOrderOf } from '@uplift/domain';
import type {
  CommandHandler,
  InstanceHistory,
  KnownInstance,
  LoadedInstance,
} from '@uplift/event-store';

/** Whether a submitted command produced the events that now stand in the stream. */
export type Submission = 'appended' | 'not-due';

/** Where a worker reads and writes instances, and in whose name. */
export interface Worker {
  readonly history: InstanceHistory;
  readonly commands: CommandHandler;
  readonly actor: Actor;
}

/** One handling of a message. */
export interface Handling {
  /** Goes into event ids, so that another worker with the same message gets a conflict and not a silent repeat. */
  readonly turn: string;
  /** Called when the history is found to have gone on without this handling. What it throws ends the handling. */
  readonly onNews?: (session: InstanceSession) => Promise<void>;
}

const MOST_TRIES = 5;

/** Told while nothing else can be done, so no news stand in their way. */
const OF_WAITS: readonly WorkerCommand['type'][] = ['RecordWait', 'EndWait'];

interface Start {
  readonly workOrder: WorkOrder;
  readonly instance: KnownInstance;
}

/**
 * One worker's work on one instance while it handles one message: the instance as far as this worker knows it. Starts
 * from the message alone where that opens a stage, and reads the stream only on conflict; any other message is read
 * together with its stream.
 */
export class InstanceSession {
  readonly instanceId: string;
  private order: WorkOrder;
  private instance: KnownInstance;
  /** Whether the store was heard, and not the message alone. */
  private isHeldAgainstStream: boolean;
  private submissions = 0;

  private constructor(
    private readonly worker: Worker,
    private readonly message: StoredEvent,
    private readonly handling: Handling,
    start: Start & { readonly isRead: boolean },
  ) {
    this.instanceId = splitStreamName(message.stream).id;
    this.order = start.workOrder;
    this.instance = start.instance;
    this.isHeldAgainstStream = start.isRead;
  }

  /** Throws UndecodableMessageError for a message that is no event of an upgrade. */
  static async open(
    worker: Worker,
    message: StoredEvent,
    handling: Handling,
  ): Promise<InstanceSession> {
    const event = readable(message);
    if (upgradeIdOf(event) === null) {
      throw new UndecodableMessageError(`Event ${message.id} belongs to no upgrade`);
    }
    const known = knownFrom(message, event);
    const instance = known ?? (await worker.history.load(splitStreamName(message.stream).id));
    const start = { ...startOf(message, instance), isRead: known === null };
    return new InstanceSession(worker, message, handling, start);
  }

  get workOrder(): WorkOrder {
    return this.order;
  }

  /** Decides and appends; after a conflict loads the stream and decides again. */
  submit(command: WorkerCommand): Promise<Submission> {
    const step = `${command.type}/${this.handling.turn}/${this.submissions++}`;
    return this.change(command, step);
  }

  /** Store time of the message, in ms since 1970. */
  get openedAt(): number {
    return Date.parse(this.message.recordedAt);
  }

  /** What every command of this attempt names. */
  get attempt(): Attempt {
    const { upgradeId, attempt } = this.workOrder;
    return { upgradeId, attempt };
  }

  get state(): InstanceState {
    return this.instance.state;
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

  /** Whether an operator holds the instance: its stage is offered again when it is let go. */
  get isHeld(): boolean {
    return this.upgrading?.workOrder.parked === true;
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
    const loaded = await this.worker.history.load(this.instanceId);
    this.instance = loaded;
    this.isHeldAgainstStream = true;
    return loaded;
  }

  /**
   * Needed before anything is asked of Lagoon or of an app on the word of the message alone: a bus that was filled anew
   * hands out the openings of upgrades that ended long ago. Where an append comes first, that tells the same.
   */
  async holdAgainstStream(): Promise<void> {
    if (this.isHeldAgainstStream) return;
    const { id, revision } = this.message;
    const [stored, ...later] = await this.worker.history.since(this.instanceId, revision);
    const isLast = stored?.id === id && later.length === 0;
    const known = isLast ? knownFrom(stored, readable(stored)) : null;
    if (known === null) return void (await this.reload());
    this.order = startOf(this.message, known).workOrder;
    this.instance = known;
    this.isHeldAgainstStream = true;
  }

  private async change(command: WorkerCommand, step: string): Promise<Submission> {
    const { message, workOrder, instanceId, worker, instance: from } = this;
    const cause = {
      causationId: message.id,
      step,
      correlationId: workOrder.upgradeId,
      actor: worker.actor,
      ...traceOf(message),
    };
    const onLoad = (loaded: LoadedInstance) => this.hearNews(loaded, command);
    const policy = { tries: MOST_TRIES, from, retriesUnknown: true, onLoad };
    const handled = await worker.commands.handle({ instanceId, command, cause }, policy);
    if (handled.kind === 'answered') return this.change(command, step);
    this.instance = handled.instance;
    this.isHeldAgainstStream ||= handled.kind === 'appended';
    return handled.kind;
  }

  /** Answers if the instance was changed because of the news. */
  private async hearNews(loaded: LoadedInstance, { type }: WorkerCommand) {
    this.instance = loaded;
    this.isHeldAgainstStream = true;
    if (!OF_WAITS.includes(type)) await this.handling.onNews?.(this);
    return this.instance === loaded ? undefined : 'changed';
  }
}

/** The instance right after an event that opens a stage. */
function knownFrom(
  { revision, position, metadata }: StoredEvent,
  event: InstanceEvent,
): KnownInstance | null {
  const state = resume(event);
  return state && { state, head: { revision, hash: metadata.hash }, position };
}

function startOf({ id }: StoredEvent, instance: KnownInstance): Start {
  const { state } = instance;
  const workOrder = state.kind === 'absent' ? null : workOrderOf(state);
  if (workOrder === null) throw new UndecodableMessageError(`Event ${id} belongs to no upgrade`);
  return { workOrder, instance };
}

function readable(stored: StoredEvent): InstanceEvent {
  try {
    return toInstanceEvent(stored);
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw new UndecodableMessageError(error.message, { cause: error });
  }
}

function traceOf({ metadata }: StoredEvent): { traceparent?: string } {
  return metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent };
}
