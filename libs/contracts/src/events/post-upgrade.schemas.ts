import type { InstanceEventData, ProbeResult } from '@uplift/domain';
import type { Schema } from '../schema/schema';
import {
  documented,
  list,
  milliseconds,
  nullable,
  object,
  objectWith,
  oneOf,
  text,
  wholeNumber,
} from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, evidence, failure } from './attempt.schema';
import type { EventGroup } from './event-group';
import { task } from './pre-upgrade.schemas';
import { healthyStatus } from './status.schema';
import { workOrder } from './work-order.schema';

export const probe: Schema<ProbeResult> = object<ProbeResult>({
  url: text,
  outcome: oneOf(['healthy', 'unhealthy', 'unresponsive']),
  status: nullable(wholeNumber),
  durationMs: milliseconds,
});

export const POST_UPGRADE: EventGroup<
  | 'PostUpgradeStarted'
  | 'PostUpgradeCompleted'
  | 'PostUpgradeFailed'
  | 'InstanceVerifiedHealthy'
  | 'InstanceFoundUnhealthy'
  | 'InstanceFoundUnresponsive'
> = {
  PostUpgradeStarted: documented('A worker took up the post-upgrade stage.', object(BY_WORKER)),
  PostUpgradeCompleted: documented(
    'The post-upgrade script, if there is one, succeeded; health is verified next.',
    object({ workOrder, task: nullable(task) }),
  ),
  PostUpgradeFailed: documented('The new version runs, its post-upgrade script failed.', failure),
  InstanceVerifiedHealthy: documented(
    'The upgrade is done: the instance is back in the status it came from.',
    objectWith<InstanceEventData['InstanceVerifiedHealthy']>(
      { ...ATTEMPT, status: healthyStatus, probes: list(probe) },
      { evidence },
    ),
  ),
  InstanceFoundUnhealthy: documented('After the upgrade the app answers wrongly.', failure),
  InstanceFoundUnresponsive: documented('After the upgrade the app does not answer.', failure),
};
