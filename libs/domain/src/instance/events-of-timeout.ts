import type { InstanceCommandData } from './instance.commands';
import type { InstanceEvent, InstanceEventOf } from './instance.events';
import type { InFlightStatus } from './instance.lifecycle';
import type { UpgradingInstance } from './instance.state';

type FailureEvent = InstanceEventOf<
  'PreUpgradeFailed' | 'UpgradeFailed' | 'PostUpgradeFailed' | 'InstanceFoundUnresponsive'
>;

/** What an upgrade ends in when nothing more happens in a status. */
const FAILS_AS: Record<InFlightStatus, FailureEvent['type']> = {
  'pending-pre-upgrade': 'PreUpgradeFailed',
  'pre-upgrade-running': 'PreUpgradeFailed',
  'pre-upgrade-completed': 'PreUpgradeFailed',
  'pending-upgrade': 'UpgradeFailed',
  'upgrade-running': 'UpgradeFailed',
  'upgrade-completed': 'UpgradeFailed',
  'pending-post-upgrade': 'PostUpgradeFailed',
  'post-upgrade-running': 'PostUpgradeFailed',
  'post-upgrade-completed': 'InstanceFoundUnresponsive',
};

/** A stage past its deadline: nothing if the instance has moved on since it was looked at. */
export function eventsOfTimeout(
  data: InstanceCommandData['TimeOutStage'],
  state: UpgradingInstance,
): readonly InstanceEvent[] {
  if (state.status !== data.seenStatus) return [];
  const { upgradeId, attempt, stage, since, limitMs } = data;
  const { status } = state;
  const evidence = {
    stage,
    status,
    since,
    limitMs,
    buildName: state.deployment?.buildName ?? null,
  };
  return [
    { type: 'StageTimedOut', data: { upgradeId, attempt, stage, status, since, limitMs } },
    {
      type: FAILS_AS[status],
      data: { upgradeId, attempt, reason: 'stage-timed-out', evidence, retryable: true },
    },
  ];
}
