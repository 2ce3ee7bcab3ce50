import {
  count,
  documented,
  milliseconds,
  name,
  object,
  text,
  timestamp,
} from '../schema/schema-builders';
import { ATTEMPT } from './attempt.schema';
import type { EventGroup } from './event-group';
import { healthyStatus, instanceStatus } from './status.schema';
import { stage, workOrder } from './work-order.schema';

const ASKED_BY = { requestedBy: name, reason: text };

export const INTERRUPTION: EventGroup<
  | 'StageTimedOut'
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
    'The upgrade was cancelled before anything was deployed.',
    object({ ...ATTEMPT, status: healthyStatus }),
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
