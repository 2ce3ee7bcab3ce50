import type { InstanceEventData, InstanceEventType } from '@uplift/domain';
import { SCRIPT_STEPS, TASK_STEPS } from '@uplift/domain';
import type { Schema } from '../schema';
import {
  count,
  documented,
  flag,
  list,
  milliseconds,
  name,
  nullable,
  object,
  objectWith,
  oneOf,
  text,
  timestamp,
} from '../schema';
import {
  ASKED_BY,
  ATTEMPT,
  BY_WORKER,
  COMMAND_NOTED,
  check,
  evidence,
  failure,
  probe,
  resolution,
  started,
  task,
  TIMED,
  timedFailure,
} from './attempt.schema';
import { snapshot } from './instance-state.schema';
import { REGISTRATION_EVENTS } from './registration-event.schemas';
import {
  healthyStatus,
  instanceStatus,
  priority,
  runningStatus,
  stage,
  workOrder,
  yes,
} from './work-order.schema';

const step = oneOf(SCRIPT_STEPS);
const taskStep = oneOf(TASK_STEPS);

/** One schema per event; that it fits the domain's type is checked by the compiler. */
export const INSTANCE_EVENTS: {
  readonly [Type in InstanceEventType]: Schema<InstanceEventData[Type]>;
} = {
  ...REGISTRATION_EVENTS,
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
  UpgradePrioritized: documented(
    'An operator lets a waiting upgrade go before those that are not urgent.',
    object({ ...ATTEMPT, priority, ...ASKED_BY }),
  ),
  UpgradeExpired: documented(
    'The upgrade was not begun by the time that its request had named: nothing was done.',
    object({ ...ATTEMPT, status: runningStatus, startBy: timestamp }),
  ),
  PreUpgradeStarted: documented('A worker took up the pre-upgrade stage.', started),
  PreUpgradeCompleted: documented(
    'The checks passed, and the pre-upgrade script, if there is one, succeeded.',
    objectWith<InstanceEventData['PreUpgradeCompleted']>(
      { ...ATTEMPT, checks: list(check), task: nullable(task) },
      TIMED,
    ),
  ),
  PreUpgradeFailed: documented('The upgrade ended before anything was deployed.', timedFailure),
  UpgradePending: documented('The upgrade waits for its deployment.', object({ workOrder })),
  VariablesRequested: documented(
    'The intent to write variables of the environment.',
    object({ ...BY_WORKER, names: list(name) }),
  ),
  VariablesSet: documented(
    'The variables of the environment are as the target says.',
    object({ ...ATTEMPT, written: list(name), unchanged: list(name) }),
  ),
  UpgradeStarted: documented('A worker took up the upgrade stage.', object(BY_WORKER)),
  UpgradeCompleted: documented(
    'The deployment succeeded.',
    object({
      ...ATTEMPT,
      buildName: name,
      warnings: flag,
      queuedMs: nullable(milliseconds),
      buildMs: nullable(milliseconds),
    }),
  ),
  UpgradeFailed: documented('The upgrade ended without a successful deployment.', failure),
  PostUpgradePending: documented(
    'The upgrade waits for its post-upgrade stage.',
    object({ workOrder }),
  ),
  ScriptRequested: documented(
    'The intent to run a script as a Lagoon task, written before the task is added.',
    object({ ...BY_WORKER, step: taskStep, callNo: count, marker: name }),
  ),
  ScriptAccepted: documented(
    'Lagoon took the task; its log stays in Lagoon under this name.',
    object({ ...ATTEMPT, step: taskStep, callNo: count, task }),
  ),
  CallAmbiguous: documented(
    'Nobody can tell from the answer whether the call took effect; the evidence holds its redacted shape.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
  CallRefused: documented(
    'Lagoon surely refused a call in words that may pass: it is made again.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
  CallNotLanded: documented(
    'Proof that a call had no effect in Lagoon.',
    object({ ...ATTEMPT, callNo: count, evidence }),
  ),
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
  ScriptCancelled: documented(
    'The cancel took effect after a script or variables: nothing of it goes on, and the instance is verified before it goes back.',
    objectWith<InstanceEventData['ScriptCancelled']>(
      { workOrder, step, task: nullable(task) },
      { outcome: name },
    ),
  ),
  CancelWithoutEffect: documented(
    'Lagoon refuses or ignores the cancel of a build or task: the upgrade ends when that has ended by itself.',
    object({ ...ATTEMPT, name, evidence }),
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
    'What became of the deployment or script after the upgrade had been given up.',
    objectWith<InstanceEventData['LateOutcomeObserved']>(
      { ...ATTEMPT, status: name, buildName: name },
      { step },
    ),
  ),
  PostUpgradeStarted: documented('A worker took up the post-upgrade stage.', started),
  PostUpgradeCompleted: documented(
    'The post-upgrade script, if there is one, succeeded; health is verified next.',
    objectWith<InstanceEventData['PostUpgradeCompleted']>(
      { workOrder, task: nullable(task) },
      TIMED,
    ),
  ),
  PostUpgradeFailed: documented(
    'The new version runs, its post-upgrade script failed.',
    timedFailure,
  ),
  InstanceVerifiedHealthy: documented(
    'The upgrade is done: the instance is back in the status it came from.',
    objectWith<InstanceEventData['InstanceVerifiedHealthy']>(
      { ...ATTEMPT, status: healthyStatus, probes: list(probe) },
      { evidence },
    ),
  ),
  InstanceFoundUnhealthy: documented('After the upgrade the app answers wrongly.', failure),
  InstanceFoundUnresponsive: documented('After the upgrade the app does not answer.', failure),
  StageTimedOut: documented(
    'Nothing happened in a status for longer than its deadline.',
    objectWith<InstanceEventData['StageTimedOut']>(
      { ...ATTEMPT, stage, status: instanceStatus, since: timestamp, limitMs: milliseconds },
      { reason: text },
    ),
  ),
  WaitingFor: documented(
    'The attempt cannot go on without something outside; step deadlines are suspended meanwhile.',
    objectWith<InstanceEventData['WaitingFor']>(
      { ...ATTEMPT, target: name, since: timestamp, stage },
      { place: count, estimatedAt: timestamp, until: timestamp, evidence },
    ),
  ),
  WaitEnded: documented(
    'What the attempt waited for is there; its deadline goes on.',
    objectWith<InstanceEventData['WaitEnded']>(
      { ...ATTEMPT, target: name, waitedMs: milliseconds },
      { endedAt: timestamp },
    ),
  ),
  StillWaiting: documented(
    'A wait lasts; told now and then, with what is different from what was told last.',
    object({ ...ATTEMPT, target: name, since: timestamp, changed: evidence }),
  ),
  StageParked: documented(
    'A worker gave up the handling of an event after repeated failures.',
    objectWith<InstanceEventData['StageParked']>(
      { ...ATTEMPT, stage, eventId: name, reason: name },
      { eventType: name, detail: text },
    ),
  ),
  StageRedriven: documented(
    'A stage was offered to its workers again.',
    objectWith<InstanceEventData['StageRedriven']>({ workOrder, stage, n: count }, ASKED_BY),
  ),
  InstanceParked: documented(
    'An operator holds the instance: no new effect begins, and deadlines stand still.',
    object({ ...ATTEMPT, ...ASKED_BY }),
  ),
  InstanceUnparked: documented(
    'The instance goes on where it was held.',
    object({ workOrder, ...ASKED_BY }),
  ),
  OutcomeResolutionRequested: documented(
    'An operator says what became of a call; Lagoon is asked before it counts.',
    object({ ...ATTEMPT, ...ASKED_BY, resolution }),
  ),
  OutcomeResolved: documented(
    'Lagoon bears out what the operator said: the call has its outcome.',
    object({ ...ATTEMPT, resolution, evidence }),
  ),
  OutcomeResolutionRefused: documented(
    'Lagoon does not bear out what the operator said: the call stays without an outcome.',
    object({ ...ATTEMPT, resolution, reason: name, evidence }),
  ),
  UpgradeCancelRequested: documented(
    'An operator asked to cancel the upgrade.',
    object({ ...ATTEMPT, ...ASKED_BY }),
  ),
  UpgradeCancelled: documented(
    'The upgrade was cancelled: nothing was done, or the instance has proved its health since.',
    objectWith<InstanceEventData['UpgradeCancelled']>(
      { ...ATTEMPT, status: runningStatus },
      { probes: list(probe), evidence },
    ),
  ),
  UpgradeRetried: documented(
    'A new attempt of a failed upgrade, from a stage on.',
    objectWith<InstanceEventData['UpgradeRetried']>(
      { workOrder, ...ASKED_BY, fromStage: stage },
      { redeploy: yes },
    ),
  ),
  UpgradeAbandoned: documented(
    'An operator takes the instance as it is: it is verified, then it runs.',
    object({ workOrder, ...ASKED_BY }),
  ),
  CommandNoted: COMMAND_NOTED,
  InstanceSnapshotTaken: snapshot,
};
