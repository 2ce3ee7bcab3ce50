import type { InstanceEventData } from '@uplift/domain';
import {
  count,
  documented,
  list,
  milliseconds,
  name,
  object,
  objectWith,
  text,
  timestamp,
} from '../schema/schema-builders';
import { ATTEMPT } from './attempt.schema';
import type { EventGroup } from './event-group';
import { probe } from './post-upgrade.schemas';
import { healthyStatus, instanceStatus } from './status.schema';
import { stage, workOrder } from './work-order.schema';

const ASKED_BY = { requestedBy: name, reason: text };

export const INTERRUPTION: EventGroup<
  | 'StageTimedOut'
  | 'WaitingFor'
  | 'WaitEnded'
  | 'StageParked'
  | 'StageRedriven'
  | 'UpgradeCancelRequested'
  | 'UpgradeCancelled'
  | 'UpgradeRetried'
  | 'UpgradeAbandoned'
> = {
  StageTimedOut: documented(
    'Nothing happened in a status for longer than its deadline.',
    object({ ...ATTEMPT, stage, status: instanceStatus, since: timestamp, limitMs: milliseconds }),
  ),
  WaitingFor: documented(
    'The attempt cannot go on without something outside; step deadlines are suspended meanwhile.',
    object({ ...ATTEMPT, target: name, since: timestamp, stage }),
  ),
  WaitEnded: documented(
    'What the attempt waited for is there; its deadline goes on.',
    object({ ...ATTEMPT, target: name, waitedMs: milliseconds }),
  ),
  StageParked: documented(
    'A worker gave up the handling of an event after repeated failures.',
    object({ ...ATTEMPT, stage, eventId: name, reason: name }),
  ),
  StageRedriven: documented(
    'A stage was offered to its workers again.',
    object({ workOrder, stage, n: count }),
  ),
  UpgradeCancelRequested: documented(
    'An operator asked to cancel the upgrade.',
    object({ ...ATTEMPT, ...ASKED_BY }),
  ),
  UpgradeCancelled: documented(
    'The upgrade was cancelled: nothing was deployed, or the instance has proved its health since.',
    objectWith<InstanceEventData['UpgradeCancelled']>(
      { ...ATTEMPT, status: healthyStatus },
      { probes: list(probe) },
    ),
  ),
  UpgradeRetried: documented(
    'A new attempt of a failed upgrade, from a stage on.',
    object({ workOrder, ...ASKED_BY, fromStage: stage }),
  ),
  UpgradeAbandoned: documented(
    'An operator takes the instance as it is: it is verified, then it runs.',
    object({ workOrder, ...ASKED_BY }),
  ),
};
