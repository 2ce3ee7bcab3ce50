/* Written by `npm run generate` from contracts/openapi.json and contracts/asyncapi.yaml. */
import type { InstanceStatus } from '@uplift/domain';
import type { AcceptStoreAnswer, CommandAnswer, FindingCommandAnswer, SystemCommandAnswer } from './answer-types';

export interface TaskScriptInput {
  /** Service of the environment that runs the command */
  readonly service?: string;
  /** Command of the Lagoon task; must hold no secret */
  readonly command?: string;
  /** Name of a task that is registered in Lagoon, instead of a command */
  readonly registeredTask?: string;
}

export interface ScriptsInput {
  /** Run before the upgrade */
  readonly preUpgrade?: TaskScriptInput;
  /** Run after the upgrade */
  readonly postUpgrade?: TaskScriptInput;
}

export interface HealthProbeInput {
  /** What proves the health: http, an answer of the app; none, nothing is asked; task, a task that succeeds; lagoon, its newest build and services. http if absent */
  readonly kind?: 'http' | 'none' | 'task' | 'lagoon';
  /** Whose success is the proof, with task */
  readonly script?: TaskScriptInput;
  /** Path below the route of the environment, / by default */
  readonly path?: string;
  /** Status codes that count as healthy beside 2xx */
  readonly acceptStatuses?: readonly number[];
}

export interface TargetVariableInput {
  /** Name of the variable; a name that looks like a secret is refused */
  readonly name: string;
  /** Its value, kept in the history for ever; must be no secret */
  readonly value: string;
  /** Where Lagoon shows the variable */
  readonly scope?: 'BUILD' | 'RUNTIME' | 'GLOBAL' | 'CONTAINER_REGISTRY';
}

export interface UpgradeTargetInput {
  /** Commit or tag, with branch-ref */
  readonly ref?: string;
  /** Environment of the same project whose images are taken over, with promote */
  readonly sourceEnvironment?: string;
  /** Variables to set before they are rolled out, with variables */
  readonly variables?: readonly TargetVariableInput[];
  /** What to run instead of a deployment, with script */
  readonly script?: TaskScriptInput;
}

export interface UpgradePlanInput {
  /** How Lagoon is asked to bring a new version */
  readonly strategy: 'redeploy-latest' | 'branch-ref' | 'promote' | 'variables' | 'script';
  /** What to bring */
  readonly target?: UpgradeTargetInput;
}

export interface RegisterInstanceInput {
  /** Lagoon project name */
  readonly project: string;
  /** Lagoon project id */
  readonly projectId?: number;
  /** Lagoon environment name */
  readonly environment: string;
  /** Lagoon core that hosts the project, "default" if absent */
  readonly core?: string;
  /** Store app the instance was made from */
  readonly app: string;
  /** Present status of the instance */
  readonly status: InstanceStatus;
  /** Free labels; must hold no secret and no personal data */
  readonly labels?: Readonly<Record<string, string>>;
  /** Lagoon tasks around an upgrade */
  readonly scripts?: ScriptsInput;
  /** How the health of the app is asked */
  readonly healthProbe?: HealthProbeInput;
  /** How to upgrade when a request does not say; redeploy-latest if absent */
  readonly upgrade?: UpgradePlanInput;
  /** Where the environment has an instance already: bring that up to date with what is named here, but for its status, and answer with its id */
  readonly upsert?: true;
  /** If absent it follows from the Idempotency-Key, and from the labels of a limited token */
  readonly instanceId?: string;
}

export interface SwitchStartsInput {
  /** Only starts on this Lagoon core, named as its instances name it: nobody checks the name; absent: the whole system */
  readonly core?: string;
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
}

export interface AcceptStoreInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
}

export interface DeregisterInstanceOfInstanceInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** Cancel an upgrade in flight, and deregister the instance as soon as that has ended */
  readonly cancel?: true;
  /** The instance to deregister */
  readonly instanceId: string;
}

export interface ReportHealthOfInstanceInput {
  /** What the app says of itself */
  readonly status: 'running-healthy-unclaimed' | 'running-healthy-claimed' | 'running-unhealthy' | 'running-unresponsive';
  /** The instance that is spoken of */
  readonly instanceId: string;
}

export interface UpdateInstanceOfInstanceInput {
  /** Lagoon project name; not while an upgrade is in flight */
  readonly project?: string;
  /** Lagoon project id; not known if only the project is named */
  readonly projectId?: number;
  /** Lagoon environment name; not while an upgrade is in flight */
  readonly environment?: string;
  /** Lagoon core that hosts the project; not while an upgrade is in flight */
  readonly core?: string;
  /** Store app the instance was made from */
  readonly app?: string;
  /** All labels it is to have; must hold no secret and no personal data */
  readonly labels?: Readonly<Record<string, string>>;
  /** All Lagoon tasks around an upgrade */
  readonly scripts?: ScriptsInput;
  /** How the health of the app is asked */
  readonly healthProbe?: HealthProbeInput;
  /** How to upgrade when a request does not say */
  readonly upgrade?: UpgradePlanInput;
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** The instance to update */
  readonly instanceId: string;
  /** Revision of the instance: refuse with 412 if it has changed */
  readonly expectedRevision?: number;
}

export interface TriggerUpgradeOfInstanceInput {
  /** How Lagoon is asked to bring the new version; if absent, as the plan of the instance says, and without a plan redeploy-latest */
  readonly strategy?: 'redeploy-latest' | 'branch-ref' | 'promote' | 'variables' | 'script';
  /** What to bring: the member that the strategy reads */
  readonly target?: UpgradeTargetInput;
  /** Why, for those who read the history; no personal data */
  readonly reason?: string;
  /** The rollout this upgrade belongs to */
  readonly rolloutId?: string;
  /** Upgrades of one wave share a bulk id in Lagoon and are polled together */
  readonly waveId?: string;
  /** The upgrade that is to mend an ill app: it may begin in an ill status; needs a reason */
  readonly repair?: boolean;
  /** Passes the queue for admission; needs a reason */
  readonly priority?: 'urgent';
  /** If it has not begun by then it expires, and the instance stays as it is */
  readonly startBy?: string;
  /** The instance */
  readonly instanceId: string;
}

export interface ReasonOfInstanceInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** The instance */
  readonly instanceId: string;
}

export interface ReasonOfUpgradeInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** The instance */
  readonly instanceId: string;
  /** The upgrade */
  readonly upgradeId: string;
}

export interface RetryUpgradeOfInstanceInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** Stage to begin with; if absent, the earliest that is not complete */
  readonly from?: 'pre-upgrade' | 'upgrade' | 'poll-upgrade' | 'post-upgrade';
  /** What was deployed already may be deployed again */
  readonly redeploy?: boolean;
  /** Another strategy than before: only with redeploy, or before the deployment */
  readonly strategy?: 'redeploy-latest' | 'branch-ref' | 'promote' | 'variables' | 'script';
  /** Another target than before, likewise */
  readonly target?: UpgradeTargetInput;
  /** The instance */
  readonly instanceId: string;
  /** The upgrade */
  readonly upgradeId: string;
}

export interface ResolveOutcomeOfInstanceInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** The build that the call has led to; this or notLanded */
  readonly adopt?: string;
  /** The call has led to nothing; this or adopt */
  readonly notLanded?: true;
  /** The instance */
  readonly instanceId: string;
  /** The upgrade */
  readonly upgradeId: string;
}

export interface PrioritizeUpgradeOfInstanceInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** Passes the queue for admission */
  readonly priority?: 'urgent';
  /** The instance */
  readonly instanceId: string;
  /** The upgrade */
  readonly upgradeId: string;
}

export interface CloseFindingInput {
  /** Why, for those who read the history; no personal data */
  readonly reason: string;
  /** The finding */
  readonly findingId: string;
}

/** What each command takes, at either door. */
export interface CommandInputs {
  readonly registerInstance: RegisterInstanceInput;
  readonly updateInstance: UpdateInstanceOfInstanceInput;
  readonly claimInstance: ReasonOfInstanceInput;
  readonly unclaimInstance: ReasonOfInstanceInput;
  readonly deregisterInstance: DeregisterInstanceOfInstanceInput;
  readonly reportHealth: ReportHealthOfInstanceInput;
  readonly triggerUpgrade: TriggerUpgradeOfInstanceInput;
  readonly cancelUpgrade: ReasonOfUpgradeInput;
  readonly retryUpgrade: RetryUpgradeOfInstanceInput;
  readonly abandonUpgrade: ReasonOfUpgradeInput;
  readonly resolveOutcome: ResolveOutcomeOfInstanceInput;
  readonly redriveStage: ReasonOfUpgradeInput;
  readonly rollBackUpgrade: ReasonOfUpgradeInput;
  readonly prioritizeUpgrade: PrioritizeUpgradeOfInstanceInput;
  readonly parkInstance: ReasonOfInstanceInput;
  readonly unparkInstance: ReasonOfInstanceInput;
  readonly stopStarts: SwitchStartsInput;
  readonly allowStarts: SwitchStartsInput;
  readonly acceptStore: AcceptStoreInput;
  readonly closeFinding: CloseFindingInput;
}

/** What each command is answered with. */
export interface CommandAnswers {
  readonly registerInstance: CommandAnswer;
  readonly updateInstance: CommandAnswer;
  readonly claimInstance: CommandAnswer;
  readonly unclaimInstance: CommandAnswer;
  readonly deregisterInstance: CommandAnswer;
  readonly reportHealth: CommandAnswer;
  readonly triggerUpgrade: CommandAnswer;
  readonly cancelUpgrade: CommandAnswer;
  readonly retryUpgrade: CommandAnswer;
  readonly abandonUpgrade: CommandAnswer;
  readonly resolveOutcome: CommandAnswer;
  readonly redriveStage: CommandAnswer;
  readonly rollBackUpgrade: CommandAnswer;
  readonly prioritizeUpgrade: CommandAnswer;
  readonly parkInstance: CommandAnswer;
  readonly unparkInstance: CommandAnswer;
  readonly stopStarts: SystemCommandAnswer;
  readonly allowStarts: SystemCommandAnswer;
  readonly acceptStore: AcceptStoreAnswer;
  readonly closeFinding: FindingCommandAnswer;
}

/** Where each command is taken over HTTP; `{name}` stands for that member of what it takes. */
export const COMMAND_ROUTES = {
  registerInstance: { method: 'POST', path: '/v1/instances' },
  updateInstance: { method: 'POST', path: '/v1/instances/{instanceId,expectedRevision}/update' },
  claimInstance: { method: 'POST', path: '/v1/instances/{instanceId}/claim' },
  unclaimInstance: { method: 'POST', path: '/v1/instances/{instanceId}/unclaim' },
  deregisterInstance: { method: 'POST', path: '/v1/instances/{instanceId}/deregister' },
  reportHealth: { method: 'POST', path: '/v1/instances/{instanceId}/health' },
  triggerUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades' },
  cancelUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/cancel' },
  retryUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/retry' },
  abandonUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/abandon' },
  resolveOutcome: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/resolve' },
  redriveStage: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/redrive' },
  rollBackUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/rollback' },
  prioritizeUpgrade: { method: 'POST', path: '/v1/instances/{instanceId}/upgrades/{upgradeId}/prioritize' },
  parkInstance: { method: 'POST', path: '/v1/instances/{instanceId}/park' },
  unparkInstance: { method: 'POST', path: '/v1/instances/{instanceId}/unpark' },
  stopStarts: { method: 'POST', path: '/v1/system/stop-starts' },
  allowStarts: { method: 'POST', path: '/v1/system/allow-starts' },
  acceptStore: { method: 'POST', path: '/v1/system/accept-store' },
  closeFinding: { method: 'POST', path: '/v1/system/findings/{findingId}/close' },
} as const;
