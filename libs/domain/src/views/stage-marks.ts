import type { InstanceEvent, PerEvent } from '../instance/instance.events';
import { meaningOf } from '../instance/instance.events';

export const TIMED_STAGES = ['pre-upgrade', 'upgrade', 'post-upgrade', 'verify'] as const;
export type TimedStage = (typeof TIMED_STAGES)[number];

export const UPGRADE_OUTCOMES = [
  'in-flight',
  'succeeded',
  'failed',
  'cancelled',
  /** An operator accepted the instance as it was, and it proved its health. */
  'abandoned',
  /** Not begun in time. */
  'expired',
] as const;
export type UpgradeOutcome = (typeof UPGRADE_OUTCOMES)[number];

export interface StageMarks {
  readonly opens?: TimedStage;
  readonly begins?: TimedStage | undefined;
  readonly ends?: TimedStage;
  readonly outcome?: UpgradeOutcome;
  /** How long the stage that it ends had been worked on, if the event tells. */
  readonly activeMs?: number | undefined;
}

interface Accepted {
  /** An operator has accepted the instance as it is: it is only verified. */
  readonly isAbandoned: boolean;
}

/** Which stage an event opens, begins or ends, and what it makes of the upgrade. */
const MARKS: PerEvent<StageMarks, [upgrade: Accepted]> = {
  PreUpgradeStarted: () => ({ begins: 'pre-upgrade' }),
  PreUpgradeCompleted: ({ activeMs }) => ({ ends: 'pre-upgrade', activeMs }),
  PreUpgradeFailed: ({ activeMs }) => ({ ends: 'pre-upgrade', activeMs }),
  UpgradePending: () => ({ opens: 'upgrade' }),
  UpgradeStarted: () => ({ begins: 'upgrade' }),
  UpgradeCompleted: () => ({ ends: 'upgrade' }),
  PostUpgradePending: () => ({ opens: 'post-upgrade', outcome: 'in-flight' }),
  PostUpgradeStarted: () => ({ begins: 'post-upgrade' }),
  PostUpgradeFailed: ({ activeMs }) => ({ ends: 'post-upgrade', activeMs }),
  PostUpgradeCompleted: ({ activeMs }) => ({
    ends: 'post-upgrade',
    activeMs,
    opens: 'verify',
    begins: 'verify',
    outcome: 'in-flight',
  }),
  UpgradeAbandoned: () => ({ opens: 'verify', begins: 'verify', outcome: 'in-flight' }),
  DeploymentCancelled: () => ({
    ends: 'upgrade',
    opens: 'verify',
    begins: 'verify',
    outcome: 'in-flight',
  }),
  InstanceVerifiedHealthy: (_data, { isAbandoned }) => ({
    ends: 'verify',
    outcome: isAbandoned ? 'abandoned' : 'succeeded',
  }),
  UpgradeCancelled: () => ({ outcome: 'cancelled' }),
  UpgradeExpired: () => ({ outcome: 'expired' }),
  ScriptCancelled: ({ workOrder: { leftAt } }) => ({
    ends: leftAt === 'pre-upgrade' ? 'pre-upgrade' : 'upgrade',
    opens: 'verify',
    begins: 'verify',
    outcome: 'in-flight',
  }),
  UpgradeRetried: ({ fromStage }) =>
    fromStage === 'poll-upgrade'
      ? { opens: 'verify', begins: 'verify', outcome: 'in-flight' }
      : { opens: fromStage, outcome: 'in-flight' },
};

export function stageMarksOf(event: InstanceEvent, upgrade: Accepted): StageMarks {
  const marks = meaningOf(MARKS, event, upgrade) ?? {};
  return 'retryable' in event.data ? { ...marks, outcome: 'failed' } : marks;
}
