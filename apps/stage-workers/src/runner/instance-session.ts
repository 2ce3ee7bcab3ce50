import type { Actor, StoredEvent } from '@uplift/contracts';
import { splitStreamName, toInstanceEvent } from '@uplift/contracts';
import type {
  Attempt,
  CallState,
  DeploymentState,
  InFlightStatus,
  InstanceCommand,
  InstanceEvent,
  InstanceState,
  StartCommand,
  Timed,
  UpgradingInstance,
  WorkerCommand,
  WorkOrder,
} from '@uplift/domain';
import { decide, evolve, upgradeIdOf } from '@uplift/domain';
import type {
  CommandHandler,
  HandlePolicy,
  KnownInstance,
  LoadedInstance,
} from '@uplift/event-store';
import type { CancelTimer, Clock, Tracing } from '@uplift/runtime';
import type { HeldMessage, MessageReference, MessageSource } from './held-message';
import { findAgain, holdAgainstStore } from './held-message';

/** Whether a submitted command produced the events that now stand in the stream. */
export type Submission = 'appended' | 'not-due';

/** Where a worker reads and writes instances, and in whose name. */
export interface Worker extends MessageSource {
  readonly commands: CommandHandler;
  readonly actor: Actor;
  readonly clock: Clock;
  readonly tracing: Tracing;
}

/** One handling of a message. */
export interface Handling {
  /** Goes into event ids, so that another worker with the same message gets a conflict and not a silent repeat. */
  readonly turn: string;
  /** Whether the message was handed out for the first time. */
  readonly isNew: boolean;
  /** Whether it came ahead of the bus: then the time of the message is that of this machine. */
  readonly isAhead?: boolean;
  /** Trace context of the stage: its events carry it, and the next stage names it. Absent: they pass on that of the message. */
  readonly traceparent?: string | undefined;
  /** Called when the history is found to have gone on without this handling. What it throws ends the handling. */
  readonly onNews?: (session: InstanceSession) => Promise<void>;
}

const MOST_TRIES = 5;

/** Tries to tell of a start that is told again with whatever comes of it. */
const TRIES_TO_TELL = 2;

/** A step that has begun is invisible for no longer, in ms. */
const TELL_START_AFTER_MS = 1_000;

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
  private submitting = 0;
  /** The start of the stage, while it is not recorded. */
  private untold: StartCommand | null = null;
  private begunAt: number | null = null;
  private callOff: CancelTimer = () => undefined;
  private telling: Promise<void> | null = null;
  private isOver = false;

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
    const held = await holdAgainstStore(worker, message, handling);
    return held && new InstanceSession(worker, handling, held);
  }

  /** Of a message that was opened before. Reads the stream. */
  static async reopen(
    worker: Worker,
    message: MessageReference,
    handling: Handling,
  ): Promise<InstanceSession> {
    return new InstanceSession(worker, handling, await findAgain(worker, message));
  }

  /**
   * Decides and appends, together with the start of the stage if that is still to be told; after a conflict loads the
   * stream and decides again.
   */
  async submit(command: WorkerCommand): Promise<Submission> {
    await this.telling;
    this.submitting += 1;
    try {
      return await this.change(command, this.stepOf(command));
    } finally {
      this.submitting -= 1;
    }
  }

  /**
   * The work of the stage begins, if it is due: nothing outside may be changed before something was submitted. It is
   * recorded with the first that is submitted, or alone after a second.
   */
  begin(command: StartCommand): void {
    const { clock } = this.worker;
    if (decide(command, this.state).length === 0) return;
    const startedAt = new Date(clock.wall()).toISOString();
    this.untold = { ...command, data: { ...command.data, startedAt } };
    this.begunAt = clock.monotonic();
    this.tellLater();
  }

  /** Records the start of the stage alone, if it has begun and that is not known yet; failing, it is left for later. */
  async tellStart(): Promise<void> {
    this.telling ??= this.recordStart().finally(() => (this.telling = null));
    await this.telling;
  }

  /** Nothing is recorded any more unless it is submitted. */
  end(): void {
    this.isOver = true;
    this.callOff();
  }

  /** How long this worker has been at a stage whose start is recorded later than it began. */
  get timed(): Timed {
    if (this.begunAt === null) return {};
    return { activeMs: Math.round(this.worker.clock.monotonic() - this.begunAt) };
  }

  /** Whether the time of the message is that of this machine, and not the store's. */
  get isOfOwnTime(): boolean {
    return this.handling.isAhead === true;
  }

  /** Time of the message, in ms since 1970. */
  get openedAt(): number {
    return Date.parse(this.message.recordedAt);
  }

  /** What every command of this attempt names. */
  get attempt(): Attempt {
    const { upgradeId, attempt } = this.workOrder;
    return { upgradeId, attempt };
  }

  /** A stage that has begun here has begun, recorded or not. */
  get state(): InstanceState {
    const { state } = this.instance;
    return this.untold === null ? state : decide(this.untold, state).reduce(evolve, state);
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

  /**
   * The newest event that is looked for, if it is not too old; by itself what came before the upgrade is. Reads the
   * stream, back behind a snapshot if it has to.
   */
  async findLast(
    isIt: (event: InstanceEvent) => boolean,
    isTooOld = (stored: StoredEvent) => this.isRequest(stored),
  ): Promise<StoredEvent | undefined> {
    const loaded = await this.reload();
    for await (const stored of this.worker.history.backFrom(this.instanceId, loaded)) {
      if (isTooOld(stored)) return undefined;
      if (isIt(toInstanceEvent(stored))) return stored;
    }
    return undefined;
  }

  private isRequest(stored: StoredEvent): boolean {
    const event = toInstanceEvent(stored);
    return event.type === 'UpgradeRequested' && upgradeIdOf(event) === this.workOrder.upgradeId;
  }

  private stepOf({ type }: { readonly type: string }): string {
    return `${type}/${this.handling.turn}/${this.submissions++}`;
  }

  /** The end of a wait comes before what it held up. */
  private async change(said: WorkerCommand, step: string): Promise<Submission> {
    const start = said.type === 'EndWait' ? null : this.untold;
    const command: InstanceCommand =
      start === null
        ? said
        : { type: 'TakeFirstStep', data: { ...this.attempt, start, step: said } };
    const onLoad = (loaded: LoadedInstance) => this.hearNews(loaded, said);
    const submission = await this.append(command, step, { tries: MOST_TRIES, onLoad });
    if (submission === 'answered') return this.change(said, step);
    if (submission === 'appended' && start !== null) this.startIsTold();
    return submission;
  }

  private async recordStart(): Promise<void> {
    const { untold } = this;
    if (untold === null) return;
    if (this.submitting === 0) await this.appendStart(untold).catch(() => undefined);
    if (this.untold !== null) this.tellLater();
  }

  private async appendStart(start: StartCommand): Promise<void> {
    const onLoad = (loaded: LoadedInstance) => void (this.instance = loaded);
    const policy = { tries: TRIES_TO_TELL, onLoad };
    const submission = await this.append(start, this.stepOf(start), policy);
    if (submission === 'appended') this.startIsTold();
  }

  private startIsTold(): void {
    this.untold = null;
    this.callOff();
  }

  private tellLater(): void {
    this.callOff();
    if (this.isOver) return;
    this.callOff = this.worker.clock.after(TELL_START_AFTER_MS, () => void this.tellStart());
  }

  private async append(
    command: InstanceCommand,
    step: string,
    policy: Pick<HandlePolicy<'changed'>, 'tries' | 'onLoad'>,
  ): Promise<Submission | 'answered'> {
    const { message, workOrder, instanceId, worker, instance: from } = this;
    const { traceparent = message.metadata.traceparent } = this.handling;
    const cause = {
      causationId: message.id,
      step,
      correlationId: workOrder.upgradeId,
      actor: worker.actor,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const change = { instanceId, command, cause };
    const handled = await worker.tracing.within(this.handling, () =>
      worker.commands.handle(change, { from, retriesUnknown: true, ...policy }),
    );
    if (handled.kind !== 'answered') this.instance = handled.instance;
    return handled.kind;
  }

  /** Answers if the instance was changed because of the news. */
  private async hearNews(loaded: LoadedInstance, { type }: WorkerCommand) {
    this.instance = loaded;
    if (!OF_WAITS.includes(type)) await this.handling.onNews?.(this);
    return this.instance === loaded ? undefined : 'changed';
  }
}
