import type { RegistrationCommands } from '../commands/registration.commands';
import type { InstanceEventData } from '../instance/instance.events';
import {
  ASKED,
  ATTEMPT,
  CHANGES,
  LABELS,
  OTHER_PROFILE,
  PROFILE,
  UNSETTLED,
} from './example-upgrade';

/** One value of every event that registers an instance, or changes that. */
export const REGISTRATION_EVENT_DATA = {
  InstanceRegistered: { profile: PROFILE, labels: LABELS, status: 'running-healthy-claimed' },
  InstanceUpdated: { profile: OTHER_PROFILE, labels: { tenant: 'hamburg' }, ...ASKED },
  InstanceClaimed: ASKED,
  InstanceUnclaimed: ASKED,
  DeregistrationRequested: { ...ATTEMPT, ...ASKED },
  DeregistrationDelayed: { ...ATTEMPT, unsettled: UNSETTLED },
  InstanceDeregistered: ASKED,
} as const satisfies Partial<InstanceEventData>;

/** The same of every command. */
export const REGISTRATION_COMMAND_DATA: RegistrationCommands = {
  RegisterInstance: REGISTRATION_EVENT_DATA.InstanceRegistered,
  UpdateInstance: { changes: CHANGES, labels: null, ...ASKED },
  ClaimInstance: ASKED,
  UnclaimInstance: ASKED,
  DeregisterInstance: ASKED,
};
