import type { Actor, StoredEvent } from '@uplift/contracts';
import { splitStreamName } from '@uplift/contracts';
import type {
  Attempt,
  CallState,
  DeploymentState,
  InFlightStatus,
  InstanceState,
  UpgradingInstance,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import type { CommandHandler, KnownInstance, LoadedInstance } from '@uplift/event-store';
import type { HeldMessage, MessageSource } from './held-message';
import { holdAgainstStore } from './held-message';

/** Whether a submitted command produced the events that now stand in the stream. */
export type Submission = 'appended' | 'not-due';

/** Where a worker reads and writes instances, and in whose name. */
export interface Worker extends MessageSource {
  readonly commands: CommandHandler;
  readonly actor: Actor;
}

/** One handling of a message. */
export interface Handling {
  /** Goes into event ids, so that another worker with the same message gets a conflict and not a silent repeat. */
  readonly turn: string;
  /** Whether the message was handed out for the first time. */
  readonly isNew: boolean;
  /** Called when the history is found to have gone on without this handling. What it throws ends the handling. */
  readonly onNews?: (session: InstanceSession) => Promise<void>;
}

const MOST_TRIES = 5;

/** Told while nothing else can be done, so no news stand in their way. */
const OF_WAITS: readonly WorkerCommand['type'][] = ['RecordWait', 'EndWait'];

/**
 * One worker's work on one instance while it handles one message: the instance as far as this worker knows it. Starts
 * from the message, held against the end of its stream, where that opens a stage, and reads the whole stream only if
 * others went on; any other message is read together with its stream.
 */
export class InstanceSession {
  readonly instanceId: string;
  /** The message as the store has it. */
  readonly message: StoredEvent;
  readonly workOrder: WorkOrder;
  private instance: KnownInstance;
  private submissions = 0;

  private constructor(
    private readonly worker: Worker,
    private readonly handling: Handling,
    { event, workOrder, instance }: HeldMessage,
  ) {
    this.instanceId = splitStreamName(event.stream).id;
    this.message = event;
    this.workOrder = workOrder;
    this.instance = instance;
  }

  /**
   * Null if the attempt of the message is over. Throws MessageNotInStoreError, and UndecodableMessageError for what is
   * no event of an upgrade.
   */
  static async open(
    worker: Worker,
    message: StoredEvent,
    handling: Handling,
  ): Promise<InstanceSession | null> {
    const held = await holdAgainstStore(worker, message, handling.isNew);
    return held && new InstanceSession(worker, handling, held);
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
    return loaded;
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
    return handled.kind;
  }

  /** Answers if the instance was changed because of the news. */
  private async hearNews(loaded: LoadedInstance, { type }: WorkerCommand) {
    this.instance = loaded;
    if (!OF_WAITS.includes(type)) await this.handling.onNews?.(this);
    return this.instance === loaded ? undefined : 'changed';
  }
}

function traceOf({ metadata }: StoredEvent): { traceparent?: string } {
  return metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent };
}
