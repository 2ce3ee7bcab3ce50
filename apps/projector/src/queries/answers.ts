import type {
  InstanceView,
  StageDuration,
  TimedStage,
  TimelineEntry,
  UpgradeView,
} from '@uplift/domain';
import { durationOf, TIMED_STAGES } from '@uplift/domain';
import { isoTime, isoTimeOrNull } from '../database/iso-time';

/** Views as they leave the service: times as RFC 3339 with milliseconds. */
export interface InstanceAnswer extends Omit<InstanceView, 'registeredAt' | 'updatedAt'> {
  readonly registeredAt: string;
  readonly updatedAt: string;
}

export interface StageAnswer extends StageDuration {
  readonly stage: TimedStage;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export interface UpgradeAnswer extends Omit<UpgradeView, 'stages' | 'requestedAt' | 'endedAt'> {
  /** In the order of the path; only those that were reached. */
  readonly stages: readonly StageAnswer[];
  readonly requestedAt: string;
  readonly endedAt: string | null;
}

export interface TimelineEntryAnswer extends Omit<TimelineEntry, 'at'> {
  readonly at: string;
}

export function instanceAnswer(view: InstanceView): InstanceAnswer {
  const { registeredAt, updatedAt, ...rest } = view;
  return { ...rest, registeredAt: isoTime(registeredAt), updatedAt: isoTime(updatedAt) };
}

export function upgradeAnswer(view: UpgradeView): UpgradeAnswer {
  const { stages, requestedAt, endedAt, ...rest } = view;
  return {
    ...rest,
    stages: stageAnswers(stages),
    requestedAt: isoTime(requestedAt),
    endedAt: isoTimeOrNull(endedAt),
  };
}

export function timelineEntryAnswer({ at, ...rest }: TimelineEntry): TimelineEntryAnswer {
  return { ...rest, at: isoTime(at) };
}

function stageAnswers(stages: UpgradeView['stages']): StageAnswer[] {
  return TIMED_STAGES.flatMap((stage) => {
    const times = stages[stage];
    if (!times) return [];
    return {
      stage,
      queuedAt: isoTime(times.queuedAt),
      startedAt: isoTimeOrNull(times.startedAt),
      endedAt: isoTimeOrNull(times.endedAt),
      ...durationOf(times),
    };
  });
}
