import { documented, name, nullable, object, record, text } from '../schema/schema-builders';
import { ATTEMPT } from './attempt.schema';
import type { EventGroup } from './event-group';
import { profile } from './profile.schema';
import { instanceStatus, runningStatus } from './status.schema';
import { workOrder } from './work-order.schema';

export const REGISTRATION: EventGroup<
  'InstanceRegistered' | 'HealthReported' | 'HealthEvidenceRecorded' | 'UpgradeRequested'
> = {
  InstanceRegistered: documented(
    'An instance became known, in the status it had at that time.',
    object({ profile, labels: record(text), status: instanceStatus }),
  ),
  HealthReported: documented(
    'The app or an operator said how the instance is.',
    object({ status: runningStatus }),
  ),
  HealthEvidenceRecorded: documented(
    'A health report that came in the middle of an upgrade: evidence, not a transition.',
    object({ ...ATTEMPT, status: runningStatus }),
  ),
  UpgradeRequested: documented(
    'An upgrade was asked for and waits for its pre-upgrade stage.',
    object({ workOrder, requestedBy: name, reason: text, rolloutId: nullable(name) }),
  ),
};
