import type {
  AttemptNotes,
  BuildAlarm,
  CallState,
  DeploymentState,
  EndedUpgrade,
  InstanceSnapshot,
  RestingInstance,
  UpgradingInstance,
  Wait,
} from '@uplift/domain';
import { IN_FLIGHT_STATUSES } from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  documented,
  either,
  flag,
  list,
  name,
  nullable,
  object,
  objectWith,
  oneOf,
  plain,
  revision,
  text,
  timestamp,
  wholeNumber,
} from '../schema';
import { evidence, task } from './attempt.schema';
import {
  healthyStatus,
  instanceStatus,
  profile,
  runningStatus,
  stage,
  unsettledEffect,
  workOrder,
} from './work-order.schema';

const call = object<CallState>({
  effect: oneOf(['deployment', 'script']),
  marker: name,
  callNo: count,
  bulkId: nullable(name),
  isOpen: flag,
  refusals: wholeNumber,
  notLanded: wholeNumber,
  isAmbiguous: flag,
});

const deployment = object<DeploymentState>({
  callNo: count,
  buildName: name,
  bulkId: nullable(name),
  status: nullable(name),
  buildStep: nullable(text),
  supersededBy: nullable(name),
  alarms: list<BuildAlarm>(oneOf(['not-visible', 'not-started'])),
});

const wait: Schema<Wait> = objectWith<Wait>(
  { target: name, since: timestamp, stage },
  { place: count, estimatedAt: timestamp, until: timestamp, evidence },
);

const notes = object<AttemptNotes>({
  parkedEventId: nullable(name),
  reportedHealth: nullable(runningStatus),
  duplicateBuilds: list(name),
  waitingFor: nullable(wait),
  endedWait: nullable(object({ target: name, endedAt: timestamp })),
  variables: nullable(oneOf(['requested', 'set'])),
  redriven: object({ n: wholeNumber, byWatchdog: wholeNumber }),
  cancelWithoutEffect: nullable(name),
});

const upgrading = object<UpgradingInstance>({
  kind: oneOf(['upgrading']),
  status: oneOf(IN_FLIGHT_STATUSES),
  workOrder,
  call: nullable(call),
  deployment: nullable(deployment),
  task: nullable(task),
  notes,
});

const endedUpgrade = object<EndedUpgrade>({
  workOrder,
  isCancelled: flag,
  lateOutcomeSeen: flag,
  stage: nullable(stage),
  unsettled: nullable(unsettledEffect),
});

const resting = object<RestingInstance>({
  kind: oneOf(['resting']),
  status: instanceStatus,
  profile,
  claim: nullable(healthyStatus),
  lastUpgrade: nullable(endedUpgrade),
  deployedRef: nullable(name),
});

/** The state of an instance as the present fold writes it. */
export const instanceState = either<[RestingInstance, UpgradingInstance]>(resting, upgrading);

/** A snapshot of whatever fold: only its own fold knows what its state looks like. */
export const snapshot: Schema<InstanceSnapshot> = documented(
  'What the events before it come to: the present state can be told without them. It changes nothing.',
  object({
    foldVersion: count,
    state: documented(
      'The state that commands are decided on, as the fold of this version writes it.',
      plain<object>({ type: 'object' }),
    ),
    registration: documented(
      'Of the newest registration, or of the update that took it to another environment: its revision, and the environment that was reserved for it; and the revision of the update that gave it other labels since.',
      objectWith<InstanceSnapshot['registration']>(
        { revision },
        { environmentId: name, labelled: revision },
      ),
    ),
    notesInARow: documented(
      'How many of the last events only noted a command that changed nothing.',
      plain<number>({ type: 'integer', minimum: 0 }),
    ),
    commands: documented(
      'Which command led to which event.',
      object<InstanceSnapshot['commands']>({
        page: documented(
          'Oldest first, of each command the first 8 characters of its id and 8 digits, the revision of its last event.',
          plain<string>({ type: 'string', pattern: '^([0-9a-f-]{8}[0-9]{8})*$' }),
        ),
        earlier: documented(
          'Revisions of the snapshots that hold the earlier pages, oldest first.',
          list(revision),
        ),
        closed: documented('This page is full: the next commands are on another one.', flag),
      }),
    ),
  }),
);
