import type {
  InstanceDocument,
  StageDocument,
  TimelineEntryDocument,
  UpgradeDocument,
} from '@uplift/contracts';
import type { InstanceEventType, TimedStage } from '@uplift/domain';
import { isWaitForStart } from '@uplift/domain';

export type TimeKind = 'queued' | 'active' | 'waiting';

/** A piece of a stage's time; milliseconds since 1970. */
export interface Span {
  readonly kind: TimeKind;
  readonly from: number;
  readonly to: number;
  /** What was waited for. */
  readonly target: string | null;
}

export interface StageReport {
  readonly stage: TimedStage;
  /** Without a gap from when the stage was opened to its end, or to the time of the report. */
  readonly spans: readonly Span[];
  readonly isOpen: boolean;
  readonly queuedMs: number;
  readonly activeMs: number;
  readonly waitingMs: number;
}

export interface UpgradeReport {
  readonly instance: InstanceDocument;
  readonly upgrade: UpgradeDocument;
  /** Events of this upgrade, oldest first. */
  readonly timeline: readonly TimelineEntryDocument[];
  readonly stages: readonly StageReport[];
  /** RFC 3339: what is shown is complete up to here. */
  readonly at: string;
}

interface Answers extends Omit<UpgradeReport, 'stages'> {
  /** Of the whole instance, as far as it was read. */
  readonly timeline: readonly TimelineEntryDocument[];
}

/** What the read model knows of one upgrade, with the time of each stage divided into queued, active and waiting. */
export function upgradeReport({ upgrade, timeline, ...answers }: Answers): UpgradeReport {
  const own = timeline.filter(({ upgradeId }) => upgradeId === upgrade.upgradeId);
  const waits = waitsIn(own);
  const stages = upgrade.stages.map((stage) => stageReport(stage, waits, Date.parse(answers.at)));
  return { ...answers, upgrade, timeline: own, stages };
}

interface Wait {
  readonly target: string;
  readonly from: number;
  /** Null: it has no end of its own, so it ends with its stage. */
  readonly to: number | null;
}

const STARTS: readonly string[] = [
  'PreUpgradeStarted',
  'UpgradeStarted',
  'PostUpgradeStarted',
] satisfies InstanceEventType[];

/** The waits that were told. One ends when its end is told, when another begins, or with the start that it held up. */
function waitsIn(timeline: readonly TimelineEntryDocument[]): readonly Wait[] {
  return timeline.flatMap((entry, n) => {
    if (entry.eventType !== 'WaitingFor') return [];
    const target = targetOf(entry);
    const end = timeline.slice(n + 1).find((later) => endsWait(later, target));
    return { target, from: Date.parse(entry.at), to: end ? Date.parse(end.at) : null };
  });
}

/** The note of a wait begins with its target. */
function targetOf({ note }: TimelineEntryDocument): string {
  return (note ?? '').split(', ')[0] ?? '';
}

function endsWait({ eventType }: TimelineEntryDocument, target: string): boolean {
  if (eventType === 'WaitEnded' || eventType === 'WaitingFor') return true;
  return STARTS.includes(eventType) && isWaitForStart(target);
}

function stageReport(
  { stage, queuedAt, startedAt, endedAt }: StageDocument,
  waits: readonly Wait[],
  now: number,
): StageReport {
  const from = Date.parse(queuedAt);
  const to = Math.max(from, endedAt === null ? now : Date.parse(endedAt));
  const begun = startedAt === null ? to : Math.min(Date.parse(startedAt), to);
  const own = waits
    .filter((wait) => wait.from >= from && wait.from < to)
    .map((wait) => ({ ...wait, to: Math.min(wait.to ?? to, to) }));
  const marks = [from, begun, to, ...own.flatMap((wait) => [wait.from, wait.to])];
  const moments = [...new Set(marks)].sort((a, b) => a - b);
  const spans = moments.slice(1).map((end, n): Span => {
    const start = moments[n] ?? end;
    const wait = own.find((each) => each.from <= start && end <= each.to);
    if (wait) return { kind: 'waiting', from: start, to: end, target: wait.target };
    return { kind: end <= begun ? 'queued' : 'active', from: start, to: end, target: null };
  });
  const total = (kind: TimeKind) =>
    spans.reduce((sum, span) => sum + (span.kind === kind ? span.to - span.from : 0), 0);
  return {
    ...{ stage, spans, isOpen: endedAt === null },
    ...{ queuedMs: total('queued'), activeMs: total('active'), waitingMs: total('waiting') },
  };
}
