import { failureIn } from './failure-of-status';
import type { InstanceCommandData } from './instance.commands';
import type { InstanceEvent } from './instance.events';
import type { UpgradingInstance } from './instance.state';

/** A stage past its deadline: nothing if the instance has moved on since it was looked at. */
export function eventsOfTimeout(
  data: InstanceCommandData['TimeOutStage'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.status !== data.seenStatus) return [];
  const { upgradeId, attempt, stage, since, limitMs } = data;
  const { status, deployment, notes } = state;
  const evidence = {
    stage,
    status,
    since,
    limitMs,
    buildName: deployment?.buildName ?? null,
    waitingFor: notes.waitingFor?.target ?? null,
  };
  return [
    { type: 'StageTimedOut', data: { upgradeId, attempt, stage, status, since, limitMs } },
    failureIn(status, {
      upgradeId,
      attempt,
      reason: 'stage-timed-out',
      evidence,
      retryable: true,
    }),
  ];
}
