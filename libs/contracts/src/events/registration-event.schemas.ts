import type { InstanceEventData } from '@uplift/domain';
import type { Schema } from '../schema';
import { documented, name, object, objectWith, record, text } from '../schema';
import { ASKED_BY, ATTEMPT } from './attempt.schema';
import { instanceStatus, profile, unsettledEffect } from './work-order.schema';

type RegistrationEventType =
  | 'InstanceRegistered'
  | 'InstanceUpdated'
  | 'InstanceClaimed'
  | 'InstanceUnclaimed'
  | 'DeregistrationRequested'
  | 'DeregistrationDelayed'
  | 'InstanceDeregistered';

/** That an instance is looked after, and as what. */
export const REGISTRATION_EVENTS: {
  readonly [Type in RegistrationEventType]: Schema<InstanceEventData[Type]>;
} = {
  InstanceRegistered: documented(
    'An instance became known, in the status it had at that time.',
    object(
      { profile, labels: record(text), status: instanceStatus },
      { environmentId: documented('Of the environment that was reserved for it', name) },
    ),
  ),
  InstanceUpdated: documented(
    'The instance is another from its next upgrade on: how it is upgraded, its labels, or where it is.',
    objectWith<InstanceEventData['InstanceUpdated']>(
      { profile, ...ASKED_BY },
      {
        labels: documented('All of them; absent: as they were', record(text)),
        environmentId: documented(
          'Of the environment that was reserved for it; absent: it is where it was',
          name,
        ),
      },
    ),
  ),
  InstanceClaimed: documented(
    'The instance has an owner from here on; an upgrade in flight comes back to that.',
    objectWith<InstanceEventData['InstanceClaimed']>(ASKED_BY, ATTEMPT),
  ),
  InstanceUnclaimed: documented(
    'The instance has no owner from here on; an upgrade in flight comes back to that.',
    objectWith<InstanceEventData['InstanceUnclaimed']>(ASKED_BY, ATTEMPT),
  ),
  DeregistrationRequested: documented(
    'The instance is to be deregistered as soon as its upgrade has ended.',
    object({ ...ATTEMPT, ...ASKED_BY }),
  ),
  DeregistrationDelayed: documented(
    'The upgrade has ended, and nobody knows what became of a call: the deregistration waits for that.',
    object({ ...ATTEMPT, unsettled: unsettledEffect }),
  ),
  InstanceDeregistered: documented(
    'Nobody looks after the instance any more; its environment may become another instance.',
    object(ASKED_BY),
  ),
};
