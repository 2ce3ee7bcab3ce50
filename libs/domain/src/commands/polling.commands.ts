import type { BuildAlarm, DeploymentState } from '../instance/attempt-progress';
import { StepNotReachedError } from '../instance/instance.errors';
import type {
  Attempt,
  Evidence,
  InstanceEvent,
  InstanceEventData,
} from '../instance/instance.events';
import { eventOf } from '../instance/instance.events';
import type { UpgradingInstance } from '../instance/instance.state';
import { outcomeUnknown } from './call.commands';
import type { CommandRow, CommandRows } from './command-row';

interface OfBuild extends Attempt {
  readonly buildName: string;
}

/** What is seen of the deployment, from the build's name to its end. */
export interface PollingCommands {
  AcceptDeployment: OfBuild;
  ProgressDeployment: InstanceEventData['DeploymentProgressed'];
  /** Newest first. */
  RecordDuplicateBuilds: InstanceEventData['DuplicateBuildDetected'];
  SupersedeDeployment: InstanceEventData['DeploymentSuperseded'];
  ReportInvisibleBuild: InstanceEventData['BuildNotVisible'];
  ReportUnstartedBuild: InstanceEventData['BuildNotStarted'];
  CompleteUpgrade: InstanceEventData['UpgradeCompleted'];
  /** `buildName` null: it is not known whether there is a build at all. */
  DeclareOutcomeUnknown: Attempt & {
    readonly buildName: string | null;
    readonly evidence: Evidence;
  };
}

const WHILE_DEPLOYING = ['upgrade-running'] as const;

/** Lagoon's order of non-terminal statuses: an observation never moves a deployment back. */
const PROGRESS = ['new', 'queued', 'pending', 'running'];

export const POLLING: CommandRows<PollingCommands> = {
  AcceptDeployment: {
    in: WHILE_DEPLOYING,
    decide({ buildName }, { workOrder, call, deployment, status }) {
      if (deployment !== null) return [];
      if (call?.effect !== 'deployment') throw new StepNotReachedError('AcceptDeployment', status);
      const { callNo, bulkId } = call;
      const wave = bulkId === null ? {} : { bulkId };
      return [{ type: 'DeploymentAccepted', data: { workOrder, buildName, callNo, ...wave } }];
    },
  },
  ProgressDeployment: ofDeployment('ProgressDeployment', (data, { status, buildStep }) => {
    const isSame = data.status === status && data.buildStep === buildStep;
    const isBackwards =
      status !== null &&
      PROGRESS.includes(data.status) &&
      PROGRESS.indexOf(data.status) < PROGRESS.indexOf(status);
    return isSame || isBackwards ? [] : [{ type: 'DeploymentProgressed', data }];
  }),
  RecordDuplicateBuilds: {
    in: WHILE_DEPLOYING,
    decide(data, { notes }) {
      const isKnown = data.builds.every((build) => notes.duplicateBuilds.includes(build));
      return isKnown ? [] : [{ type: 'DuplicateBuildDetected', data }];
    },
  },
  SupersedeDeployment: ofDeployment('SupersedeDeployment', (data, { supersededBy }) =>
    data.by === supersededBy ? [] : [{ type: 'DeploymentSuperseded', data }],
  ),
  ReportInvisibleBuild: ofDeployment('ReportInvisibleBuild', (data, deployment) =>
    isNews('not-visible', data, deployment) ? [{ type: 'BuildNotVisible', data }] : [],
  ),
  ReportUnstartedBuild: ofDeployment('ReportUnstartedBuild', (data, deployment) =>
    isNews('not-started', data, deployment) ? [{ type: 'BuildNotStarted', data }] : [],
  ),
  /** What is deployed is finished, also after a cancel; a script that was cancelled leads no further. */
  CompleteUpgrade: {
    in: WHILE_DEPLOYING,
    decide(data, { workOrder, status, deployment, task }) {
      if (deployment === null && task === null) {
        throw new StepNotReachedError('CompleteUpgrade', status);
      }
      const { upgradeId, attempt, buildName } = data;
      if (isOfAnotherBuild(buildName, deployment)) return [];
      const { cancelRequested, ...order } = workOrder;
      if (cancelRequested && deployment === null) return [];
      const tooLate = eventOf('UpgradeCancelTooLate', { upgradeId, attempt, buildName });
      return [
        ...(cancelRequested ? [tooLate] : []),
        { type: 'UpgradeCompleted', data },
        eventOf('PostUpgradePending', { workOrder: { ...order, deployed: { buildName } } }),
      ];
    },
  },
  /** Says nothing about a build that another one has taken the place of in the history. */
  DeclareOutcomeUnknown: {
    in: WHILE_DEPLOYING,
    decide({ upgradeId, attempt, buildName, evidence }, state) {
      const isOfPresentBuild = (state.deployment?.buildName ?? null) === buildName;
      return isOfPresentBuild ? outcomeUnknown({ upgradeId, attempt }, evidence, state) : [];
    },
  },
};

function ofDeployment<Data extends Attempt>(
  type: keyof PollingCommands,
  decide: (data: Data, deployment: DeploymentState) => readonly InstanceEvent[],
): CommandRow<Data> {
  return {
    in: WHILE_DEPLOYING,
    decide(data, { deployment, status }: UpgradingInstance) {
      if (deployment === null) throw new StepNotReachedError(type, status);
      return decide(data, deployment);
    },
  };
}

function isNews(alarm: BuildAlarm, { buildName }: OfBuild, deployment: DeploymentState): boolean {
  return buildName === deployment.buildName && !deployment.alarms.includes(alarm);
}

/** Neither the build that is followed nor the one that took its place. */
function isOfAnotherBuild(buildName: string, deployment: DeploymentState | null): boolean {
  return (
    deployment !== null && ![deployment.buildName, deployment.supersededBy].includes(buildName)
  );
}
