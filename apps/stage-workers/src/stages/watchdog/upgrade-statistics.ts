import type {
  InstanceEvent,
  ReasonClass,
  RecordedInstanceEvent,
  StageMarks,
  StageTimes,
  TimedStage,
  UpgradeOutcome,
  UpgradeStrategy,
} from '@uplift/domain';
import { durationOf, endedStage, presentReason, reasonClassOf, stageMarksOf } from '@uplift/domain';
import type { TailFold, TailListener } from '@uplift/event-store';
import type { KeptHistogram, LabelledValue } from '@uplift/runtime';
import { CountedHistogram } from '@uplift/runtime';

type StageOutcome = 'completed' | 'failed' | 'cancelled' | 'expired';
export type StageLabel = 'stage' | 'outcome';
export type EndLabel = 'outcome' | 'reason_class' | 'strategy';
type EndLabels = Readonly<Record<EndLabel, string>>;

/** An upgrade in flight, and its stage. */
interface Flight {
  readonly strategy: UpgradeStrategy;
  readonly isAbandoned: boolean;
  readonly stage: TimedStage;
  readonly times: StageTimes;
}

const HISTOGRAMS = ['duration', 'active', 'queue'] as const;
type HistogramName = (typeof HISTOGRAMS)[number];

/** An entry of a checkpoint. */
type Kept =
  | readonly ['flight', instanceId: string, Flight]
  | readonly ['ended', count: number, EndLabels]
  | readonly ['histogram', HistogramName, readonly KeptHistogram<StageLabel>[]];

/**
 * How many upgrades have ended how, and how long their stages took, counted from every event that the store holds:
 * each process that counts comes to the same numbers, a restarted one too.
 */
export class UpgradeStatistics implements TailFold {
  readonly name = 'upgrade statistics';
  /** Raise the version when the same events lead to other counts, or the buckets change. */
  readonly basis = { version: 1 };
  /** From opened to ended, and of that what was worked. */
  readonly duration = new CountedHistogram<StageLabel>();
  readonly active = new CountedHistogram<StageLabel>();
  /** From opened to begun. */
  readonly queue = new CountedHistogram<StageLabel>();
  private readonly flights = new Map<string, Flight>();
  private readonly counts = new Map<string, number>();

  listener(): TailListener {
    return {
      onInstanceEvent: (event) => this.record(event),
      onUnreadable: ({ instanceId }) => instanceId !== null && this.flights.delete(instanceId),
      folds: [this],
    };
  }

  get ended(): readonly LabelledValue<EndLabel>[] {
    return [...this.counts].map(([key, count]) => [JSON.parse(key) as EndLabels, count]);
  }

  record({ instanceId, event, at }: RecordedInstanceEvent): void {
    const before = this.flights.get(instanceId);
    const marks = marksOf(event, before);
    const isOver = marks.outcome !== undefined && marks.outcome !== 'in-flight';
    if (before !== undefined) this.endStage(before, event, marks, at);
    if (isOver && before !== undefined) this.count(before, event, marks.outcome);
    const after = isOver ? null : flightAfter(before, event, marks, at);
    if (after === null) this.flights.delete(instanceId);
    else this.flights.set(instanceId, after);
  }

  entries(): Iterable<Kept> {
    const flights = [...this.flights];
    const ended = this.ended;
    const histograms = HISTOGRAMS.map((name): Kept => ['histogram', name, this[name].kept]);
    return (function* (): Generator<Kept> {
      for (const [instanceId, flight] of flights) yield ['flight', instanceId, flight];
      for (const [labels, count] of ended) yield ['ended', count, labels];
      yield* histograms;
    })();
  }

  clear(): void {
    this.flights.clear();
    this.counts.clear();
    for (const name of HISTOGRAMS) this[name].takeBack([]);
  }

  takeBack(entry: unknown): void {
    const kept = entry as Kept;
    if (kept[0] === 'flight') this.flights.set(kept[1], kept[2]);
    else if (kept[0] === 'ended') this.counts.set(JSON.stringify(kept[2]), kept[1]);
    else this[kept[1]].takeBack(kept[2]);
  }

  private endStage(
    { stage, times }: Flight,
    event: InstanceEvent,
    { ends, outcome, activeMs }: StageMarks,
    at: number,
  ): void {
    const isEnd = ends === stage || (outcome !== undefined && outcome !== 'in-flight');
    if (!isEnd || times.endedAt !== null) return;
    const ended = endedStage(times, at, activeMs);
    const { queuedMs, activeMs: workedMs } = durationOf(ended);
    const labels = { stage, outcome: stageOutcome(event, outcome) };
    this.duration.observe(labels, seconds(at - times.queuedAt));
    if (queuedMs !== null) this.queue.observe(labels, seconds(queuedMs));
    if (workedMs !== null) this.active.observe(labels, seconds(workedMs));
  }

  private count({ strategy }: Flight, event: InstanceEvent, outcome: UpgradeOutcome): void {
    const key = JSON.stringify({ outcome, reason_class: classOf(event), strategy });
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

function marksOf(event: InstanceEvent, before: Flight | undefined): StageMarks {
  if (event.type === 'UpgradeRequested') return { opens: 'pre-upgrade' };
  return stageMarksOf(event, { isAbandoned: before?.isAbandoned ?? false });
}

/** Null while no upgrade is in flight. */
function flightAfter(
  before: Flight | undefined,
  event: InstanceEvent,
  marks: StageMarks,
  at: number,
): Flight | null {
  const strategy = 'workOrder' in event.data ? event.data.workOrder.strategy : before?.strategy;
  if (strategy === undefined) return null;
  const { opens } = marks;
  if (opens === undefined)
    return before ? { ...before, strategy, ...marked(before, marks, at) } : null;
  const opened = { stage: opens, times: { queuedAt: at, startedAt: null, endedAt: null } };
  const isAbandoned = event.type === 'UpgradeAbandoned';
  return { strategy, isAbandoned, ...marked(opened, { begins: marks.begins }, at) };
}

type InStage = Pick<Flight, 'stage' | 'times'>;

function marked(
  { stage, times }: InStage,
  { begins, ends, activeMs }: Pick<StageMarks, 'begins' | 'ends' | 'activeMs'>,
  at: number,
): InStage {
  if (ends === stage) return { stage, times: endedStage(times, at, activeMs) };
  return { stage, times: begins === stage ? { ...times, startedAt: at } : times };
}

function stageOutcome({ type }: InstanceEvent, outcome?: UpgradeOutcome): StageOutcome {
  if (type === 'DeploymentCancelled' || type === 'ScriptCancelled') return 'cancelled';
  const isGood = outcome === undefined || outcome === 'in-flight' || outcome === 'succeeded';
  return isGood || outcome === 'abandoned' ? 'completed' : outcome;
}

function classOf({ data }: InstanceEvent): ReasonClass | 'none' {
  return 'retryable' in data ? reasonClassOf(presentReason(data.reason)) : 'none';
}

/** Clocks of the nodes of a store may differ. */
function seconds(ms: number): number {
  return Math.max(0, ms) / 1_000;
}
