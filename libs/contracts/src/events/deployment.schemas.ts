import { count, documented, list, name, nullable, object, text } from '../schema/schema-builders';
import { ATTEMPT, BY_WORKER, evidence } from './attempt.schema';
import type { EventGroup } from './event-group';
import { workOrder } from './work-order.schema';

export const DEPLOYMENT: EventGroup<
  | 'DeploymentRequested'
  | 'CallNotLanded'
  | 'DeploymentAccepted'
  | 'DeploymentProgressed'
  | 'DeploymentSuperseded'
  | 'DuplicateBuildDetected'
  | 'OutcomeUnknown'
  | 'LateOutcomeObserved'
> = {
  DeploymentRequested: documented(
    'The intent to call Lagoon, written before the call.',
    object({ ...BY_WORKER, callNo: count, marker: name, bulkId: nullable(name) }),
  ),
  CallNotLanded: documented(
    'Proof that a call had no effect in Lagoon.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
  DeploymentAccepted: documented(
    'Lagoon took the call and named the build.',
    object({ workOrder, buildName: name, callNo: count }),
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
    'More than one build carries the marker of this attempt.',
    object({ ...ATTEMPT, builds: list(name) }),
  ),
  OutcomeUnknown: documented(
    'It could not be found out what became of the call.',
    object({ ...ATTEMPT, evidence }),
  ),
  LateOutcomeObserved: documented(
    'The deployment succeeded after the upgrade had been given up.',
    object({ ...ATTEMPT, status: name, buildName: name }),
  ),
};
