import type { InstanceEventData } from '@uplift/domain';
import {
  count,
  documented,
  list,
  name,
  nullable,
  object,
  objectWith,
  text,
  timestamp,
} from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, evidence } from './attempt.schema';
import type { EventGroup } from './event-group';
import { workOrder } from './work-order.schema';

export const DEPLOYMENT: EventGroup<
  | 'DeploymentRequested'
  | 'DeploymentAccepted'
  | 'DeploymentProgressed'
  | 'DeploymentSuperseded'
  | 'DuplicateBuildDetected'
  | 'BuildNotVisible'
  | 'BuildNotStarted'
  | 'DeploymentCancelled'
  | 'UpgradeCancelTooLate'
  | 'OutcomeUnknown'
  | 'LateOutcomeObserved'
> = {
  DeploymentRequested: documented(
    'The intent to call Lagoon, written before the call.',
    object({ ...BY_WORKER, callNo: count, marker: name, bulkId: nullable(name) }),
  ),
  DeploymentAccepted: documented(
    'Lagoon took the call and named the build.',
    objectWith<InstanceEventData['DeploymentAccepted']>(
      { workOrder, buildName: name, callNo: count },
      { bulkId: name },
    ),
  ),
  DeploymentProgressed: documented(
    'Lagoon shows another status or build step than before.',
    object({ ...ATTEMPT, status: name, buildStep: nullable(text) }),
  ),
  DeploymentSuperseded: documented(
    'A newer build took the place of ours.',
    object({ ...ATTEMPT, by: name }),
  ),
  DuplicateBuildDetected: documented(
    'More than one build carries the marker of this attempt, newest first; the newest is followed.',
    object({ ...ATTEMPT, builds: list(name) }),
  ),
  BuildNotVisible: documented(
    'Lagoon does not show the build that it named.',
    object({ ...ATTEMPT, buildName: name, since: timestamp }),
  ),
  BuildNotStarted: documented(
    'The build was taken and nothing has begun: its message to the cluster may be lost.',
    object({ ...ATTEMPT, buildName: name, status: name, since: timestamp }),
  ),
  DeploymentCancelled: documented(
    'The cancel took effect; the instance is verified before it goes back.',
    object({ workOrder, buildName: name }),
  ),
  UpgradeCancelTooLate: documented(
    'The deployment was complete before the cancel could stop it.',
    object({ ...ATTEMPT, buildName: name }),
  ),
  OutcomeUnknown: documented(
    'It could not be found out what became of the call.',
    object({ ...ATTEMPT, evidence }),
  ),
  LateOutcomeObserved: documented(
    'What became of the deployment after the upgrade had been given up.',
    object({ ...ATTEMPT, status: name, buildName: name }),
  ),
};
