import type { InFlightStatus, StartCommand, UpgradeStage, WorkerCommand } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { InstanceSession } from '../runner/instance-session';
import { endWait } from '../runner/lagoon-outages';
import { Slots } from '../runner/slots';
import type { AdmissionControl } from './admission-control';
import type { Decision, Hold } from './candidate';
import type { Entry } from './core-queue';
import type { StartsSwitch } from './starts-switch';

/** What is about to begin. */
export interface Start {
  readonly stage: UpgradeStage;
  /** The status in which it waits. */
  readonly status: InFlightStatus;
  /** False if the attempt was admitted before: then only a switch can hold it. */
  readonly needsRoom: boolean;
}

/** Held by whoever may begin. */
export interface Permit {
  /** Ends a wait that was told. False if starts are stopped, as the store has it now: then it waits again. */
  confirm(): Promise<boolean>;
  /** Appends what begins it, unless starts have been stopped. True if it was this process that began it. */
  begin(command: WorkerCommand): Promise<boolean>;
  /** The same, recorded at once only where others wait for that, else with the first that comes of it. */
  start(command: StartCommand): Promise<void>;
}

/** Waits told at once: as many may begin to wait in one second as are requested together. */
const MOST_TOLD_AT_ONCE = 32;

/** Nothing begins but through here: it waits until it may, and tells meanwhile why it waits. */
export class StartGate {
  private readonly telling = new Slots(MOST_TOLD_AT_ONCE);

  constructor(
    private readonly admission: AdmissionControl,
    private readonly starts: StartsSwitch,
    private readonly clock: Clock,
  ) {}

  /**
   * Calls `begin` with a permit, and again if starts were stopped before it had begun. False if there was nothing to
   * begin any more.
   */
  async pass(
    session: InstanceSession,
    start: Start,
    signal: AbortSignal,
    begin: (permit: Permit) => Promise<void>,
  ): Promise<boolean> {
    const { instanceId, workOrder: order, openedAt, isOfOwnTime } = session;
    const { needsRoom } = start;
    const entry = this.admission.join({ instanceId, order, openedAt, isOfOwnTime, needsRoom });
    const permit = new StartPermit(session, entry, this.starts, this.clock);
    let hasBegun = false;
    try {
      while (!hasBegun && (await this.isAdmitted(session, start, entry, signal))) {
        await begin(permit);
        hasBegun = !permit.returnIfWithdrawn();
      }
    } finally {
      entry.leave();
    }
    return hasBegun;
  }

  /** Waits until it is; false if there is nothing to begin any more. */
  private async isAdmitted(
    session: InstanceSession,
    start: Start,
    entry: Entry,
    signal: AbortSignal,
  ): Promise<boolean> {
    while (isDue(session, start)) {
      const told = session.upgrading?.notes.waitingFor?.target ?? null;
      const decision = await entry.next(told, signal);
      if (decision.kind === 'admitted') return true;
      await this.heed(session, start, decision);
    }
    return false;
  }

  /** Before a call is repeated: waits while starts are stopped, unless the attempt is cancelled or over. */
  async holdRepeatedCall(session: InstanceSession, signal: AbortSignal): Promise<void> {
    const start = { stage: 'upgrade', status: 'upgrade-running', needsRoom: false } as const;
    await this.pass(session, start, signal, async (permit) => {
      await permit.confirm();
    });
  }

  private async heed(session: InstanceSession, start: Start, decision: Decision): Promise<void> {
    if (decision.kind === 'held') {
      await this.telling.run(() => this.tell(session, start, decision.hold));
    } else if (decision.kind === 'expired') {
      await session.submit({ type: 'ExpireUpgrade', data: session.attempt });
    } else {
      await session.reload();
    }
  }

  private async tell(session: InstanceSession, { stage }: Start, hold: Hold): Promise<void> {
    const { target, place, evidence } = hold;
    const { startBy: until } = session.workOrder;
    const data = {
      ...session.attempt,
      target,
      since: timeOf(this.beginOf(hold, session)),
      stage,
      ...(place === undefined ? {} : { place }),
      ...(hold.estimatedAt == null ? {} : { estimatedAt: timeOf(hold.estimatedAt) }),
      ...(until === undefined ? {} : { until }),
      ...(evidence === undefined ? {} : { evidence }),
    };
    await session.submit({ type: 'RecordWait', data });
  }

  /** Of the same wait once more: it begins after its last end. */
  private beginOf({ target, since }: Hold, { upgrading }: InstanceSession): number {
    const ended = upgrading?.notes.endedWait ?? null;
    if (ended?.target !== target) return since;
    const endedAt = Date.parse(ended.endedAt);
    return since > endedAt ? since : Math.max(this.clock.wall(), endedAt + 1);
  }
}

function isDue(session: InstanceSession, { status }: Start): boolean {
  const { upgrading } = session;
  if (upgrading?.status !== status) return false;
  const { cancelRequested, parked } = upgrading.workOrder;
  return cancelRequested === undefined && parked === undefined;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

class StartPermit implements Permit {
  private isWithdrawn = false;

  constructor(
    private readonly session: InstanceSession,
    private readonly entry: Entry,
    private readonly starts: StartsSwitch,
    private readonly clock: Clock,
  ) {}

  /** True if it is to wait again. */
  returnIfWithdrawn(): boolean {
    if (this.isWithdrawn) this.entry.giveBack();
    return this.isWithdrawn;
  }

  async confirm(): Promise<boolean> {
    const isConfirmed = await this.isAllowed();
    const isWaiting = this.session.upgrading?.notes.waitingFor != null;
    if (!isConfirmed || !isWaiting) return isConfirmed;
    await endWait(this.session, this.clock);
    return this.isAllowed();
  }

  async begin(command: WorkerCommand): Promise<boolean> {
    if (!(await this.confirm())) return false;
    const hasBegun = (await this.session.submit(command)) === 'appended';
    if (hasBegun) this.entry.started();
    return hasBegun;
  }

  async start(command: StartCommand): Promise<void> {
    if (this.entry.isAwaited) await this.begin(command);
    else if (await this.confirm()) this.session.begin(command);
  }

  private async isAllowed(): Promise<boolean> {
    const { core } = this.session.workOrder.profile;
    this.isWithdrawn = (await this.starts.read(core)) !== null;
    return !this.isWithdrawn;
  }
}
