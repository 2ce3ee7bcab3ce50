import type { Evidence } from '../instance/instance.events';
import type { UpgradeStrategy } from '../instance/upgrade-strategy';
import type { UpgradeTarget } from '../instance/upgrade-target';
import type { HealthyStatus } from '../status';

export const TIMED_STAGES = ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'] as const;
export type TimedStage = (typeof TIMED_STAGES)[number];

/** When a stage was opened, begun and ended; milliseconds since 1970. */
export interface StageTimes {
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export type UpgradeOutcome = 'in-flight' | 'succeeded' | 'failed' | 'cancelled';

export interface UpgradeFailureView {
  readonly reason: string;
  readonly evidence: Evidence;
  readonly retryable: boolean;
}

/** One upgrade of one instance as the read model shows it. */
export interface UpgradeView {
  readonly upgradeId: string;
  readonly instanceId: string;
  readonly attempt: number;
  readonly strategy: UpgradeStrategy;
  readonly target: UpgradeTarget | null;
  readonly originStatus: HealthyStatus;
  readonly requestedBy: string;
  readonly reason: string;
  readonly rolloutId: string | null;
  readonly outcome: UpgradeOutcome;
  readonly stage: TimedStage | null;
  readonly stages: Readonly<Partial<Record<TimedStage, StageTimes>>>;
  /** Calls made to Lagoon for this attempt. */
  readonly calls: number;
  readonly buildName: string | null;
  readonly buildStatus: string | null;
  readonly buildStep: string | null;
  readonly warnings: boolean;
  /** What it cannot go on without, `lagoon:<core>` or `admission:<core>`; null if nothing holds it up. */
  readonly waitingFor: string | null;
  readonly failure: UpgradeFailureView | null;
  readonly requestedAt: number;
  readonly endedAt: number | null;
  /** Revision of the stream that this row reflects. */
  readonly revision: number;
}

export interface StageDuration {
  /** From opened to begun. */
  readonly queuedMs: number | null;
  /** From begun to ended. */
  readonly activeMs: number | null;
}

export function durationOf({ queuedAt, startedAt, endedAt }: StageTimes): StageDuration {
  return {
    queuedMs: startedAt === null ? null : startedAt - queuedAt,
    activeMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
  };
}
