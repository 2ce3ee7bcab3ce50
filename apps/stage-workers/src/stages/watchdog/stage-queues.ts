import type { ConsumerState } from '@uplift/bus';
import type { RecordedInstanceEvent } from '@uplift/domain';
import { foldOfValue } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';
import type { DeadlineRow, OpenWait } from './deadline-row';
import type { RunningDeadline } from './deadlines.projection';

/** What the bus knows of a consumer; null if there is none. Rejects while the bus does not answer. */
export type LookAtConsumer = (durable: string) => Promise<ConsumerState | null>;

/** How things stand with an instance whose stage has not begun. */
export type QueueState =
  /** Others are before it. */
  | { readonly kind: 'queued'; readonly wait: OpenWait }
  /** Its message was handed out, or the bus cannot be asked. */
  | { readonly kind: 'unanswered' }
  /** Its message lies there, and nobody takes any. */
  | { readonly kind: 'stalled' };

type BegunOfStage = readonly [stage: string, times: readonly number[]];

const UNANSWERED: QueueState = { kind: 'unanswered' };
const LOOK_SERVES_MS = 1_000;
/** Beginnings of the last while tell how fast a queue moves. */
const PACE_WINDOW_MS = 1_800_000;
/** So many of them tell it well enough. */
const MOST_BEGUN = 1_000;

/** How far the bus is with the messages that instances wait for. */
export class StageQueues {
  private readonly looks = new Map<
    string,
    { readonly at: number; look: Promise<ConsumerState | null> }
  >();
  /** Times of the newest beginnings by stage, in ms since 1970. */
  private readonly begun = new Map<string, number[]>();
  /** For checkpoints. */
  readonly fold = foldOfValue<readonly BegunOfStage[]>(
    { name: 'pace of stages', version: 1 },
    () => [...this.begun].map(([stage, times]) => [stage, [...times]]),
    (known) => {
      this.begun.clear();
      for (const [stage, times] of known ?? []) this.begun.set(stage, [...times]);
    },
  );

  constructor(
    private readonly lookAt: LookAtConsumer,
    private readonly clock: Clock,
  ) {}

  record({ event, at }: RecordedInstanceEvent): void {
    if (!event.type.endsWith('Started') || !('worker' in event.data)) return;
    const stage = STAGE_OF_START[event.type] ?? '';
    const recent = this.begun.get(stage) ?? [];
    recent.push(at);
    while (recent.length > MOST_BEGUN || at - (recent[0] ?? at) >= PACE_WINDOW_MS) recent.shift();
    this.begun.set(stage, recent);
  }

  async stateOf(row: RunningDeadline, all: readonly DeadlineRow[]): Promise<QueueState> {
    const { offer, owner } = row;
    if (offer === null) return UNANSWERED;
    const consumer = await this.look(offer.durable);
    if (consumer === null || consumer.undelivered === 0) return UNANSWERED;
    const line = lineBehind(offer.durable, all);
    const ahead = line.length - consumer.undelivered;
    const index = line.findIndex(({ instanceId }) => instanceId === row.instanceId);
    if (index < ahead) return UNANSWERED;
    if (!isTaken(consumer, row) && !isBusy(owner, all)) return { kind: 'stalled' };
    const place = index - Math.max(0, ahead) + 1;
    const since = new Date(row.since).toISOString();
    const wait = { target: `queue:${owner}`, since, place, ...this.estimate(owner, place, row) };
    return { kind: 'queued', wait };
  }

  /** By how many have begun lately; nothing if none has. */
  private estimate(stage: string, place: number, { limitMs, since }: RunningDeadline) {
    const begun = this.begun.get(stage) ?? [];
    const [first, last] = [begun[0], begun.at(-1)];
    if (first === undefined || last === undefined || begun.length < 2) return {};
    const eachMs = (last - first) / (begun.length - 1);
    const from = Math.max(last, since + (Number.isFinite(limitMs) ? limitMs : 0));
    return { estimatedAt: new Date(Math.round(from + place * eachMs)).toISOString() };
  }

  /** Null for what cannot be found out. */
  look(durable: string): Promise<ConsumerState | null> {
    const now = this.clock.monotonic();
    const known = this.looks.get(durable);
    if (known !== undefined && now - known.at < LOOK_SERVES_MS) return known.look;
    const look = this.lookAt(durable).catch(() => null);
    this.looks.set(durable, { at: now, look });
    return look;
  }
}

const STAGE_OF_START: Readonly<Record<string, string>> = {
  PreUpgradeStarted: 'pre-upgrade',
  UpgradeStarted: 'upgrade',
  PostUpgradeStarted: 'post-upgrade',
};

/** All that wait for a message of the same consumer, in the order in which it hands them out. */
function lineBehind(durable: string, all: readonly DeadlineRow[]): readonly DeadlineRow[] {
  return all
    .filter(({ offer }) => offer?.durable === durable)
    .sort((one, other) => (one.offer?.at ?? 0) - (other.offer?.at ?? 0));
}

/** Somebody asks for messages, or has got some within the time that this one has waited. */
function isTaken({ pulls, idleMs }: ConsumerState, { limitMs, step }: RunningDeadline): boolean {
  const longestMs = Number.isFinite(limitMs) ? limitMs : step.wholeMs;
  return pulls > 0 || (idleMs !== null && idleMs < longestMs);
}

/** Workers whose hands are full take no further message. */
function isBusy(stage: string, all: readonly DeadlineRow[]): boolean {
  return all.some(({ owner, offer, waitingFor }) => owner === stage && !offer && !waitingFor);
}
