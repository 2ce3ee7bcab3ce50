/** What kind of failure it is: failures of one class are treated alike, and retried together. */
export const REASON_CLASSES = {
  environment: 'Lagoon does not have, or does not permit, what the upgrade needs',
  configuration: 'the settings of Uplift do not fit the instance',
  busy: 'something else was under way in the environment',
  'lagoon-refused': 'Lagoon refused a call; `evidence.cause` says why (see below)',
  script: 'a script of the app failed',
  build: 'the build in Lagoon did not succeed',
  health: 'the app did not prove its health after the upgrade',
  timeout: 'a stage or the attempt took longer than it may',
  'unknown-outcome': 'nobody can tell whether a call to Lagoon took effect',
  other: 'a reason that this version does not know',
} as const;

export type ReasonClass = keyof typeof REASON_CLASSES;
export const REASON_CLASS_NAMES = Object.keys(REASON_CLASSES) as readonly ReasonClass[];

export interface Explanation {
  /** What happened, in a sentence that is true of every such failure. */
  readonly sentence: string;
  /** Whether a retry may help while nobody changes anything. */
  readonly retryMayHelp: boolean;
  readonly whatToDo: string;
}

export interface ReasonRow extends Explanation {
  readonly class: ReasonClass;
  /** What histories of older versions call it; of a text with a colon, what stands before it. */
  readonly oldNames?: readonly string[];
}

/** Why an upgrade failed: every reason that an event of this version can name. */
export const REASONS = {
  'environment-missing': {
    class: 'environment',
    sentence: 'Lagoon shows no such project and environment to the user of Uplift',
    retryMayHelp: false,
    whatToDo: 'compare project and environment with Lagoon, and what the user may see; then retry',
    oldNames: ['environment-exists'],
  },
  'source-environment-missing': {
    class: 'environment',
    sentence: 'the environment to take the images of does not exist in the project',
    retryMayHelp: false,
    whatToDo: 'name another source environment, or create it; then ask for a new upgrade',
    oldNames: ['source-environment-exists'],
  },
  'deployments-disabled': {
    class: 'environment',
    sentence: 'deployments are disabled for the project or the environment',
    retryMayHelp: false,
    whatToDo: 'enable deployments in Lagoon, then retry',
    oldNames: ['deployments-enabled'],
  },
  'deploy-type-unsupported': {
    class: 'environment',
    sentence: 'an environment of this deploy type cannot be upgraded by this strategy',
    retryMayHelp: false,
    whatToDo: 'use `redeploy-latest`, or another strategy that fits',
  },
  'deploy-branch-elsewhere': {
    class: 'environment',
    sentence:
      'the environment is built from a branch of another name, which Lagoon would deploy to an environment of that name',
    retryMayHelp: false,
    whatToDo: 'register the environment that has the name of the branch, or promote into this one',
  },
  'core-unknown': {
    class: 'configuration',
    sentence: 'no Lagoon core of this name is configured in the workers',
    retryMayHelp: false,
    whatToDo: 'add the core to the settings of the workers, then retry',
    oldNames: ['core-configured'],
  },
  'deployment-active': {
    class: 'busy',
    sentence: 'a build of somebody else was under way in the environment',
    retryMayHelp: true,
    whatToDo: 'retry when it has ended',
    oldNames: ['no-active-deployment'],
  },
  'deployment-refused': {
    class: 'lagoon-refused',
    sentence: 'Lagoon refused to deploy',
    retryMayHelp: true,
    whatToDo: 'see the cause in the evidence',
  },
  'script-refused': {
    class: 'lagoon-refused',
    sentence: 'Lagoon refused to run the script',
    retryMayHelp: true,
    whatToDo: 'see the cause in the evidence',
  },
  'variables-refused': {
    class: 'lagoon-refused',
    sentence: 'Lagoon refused to set a variable',
    retryMayHelp: false,
    whatToDo: 'see the cause in the evidence; it names the variable as well',
  },
  'pre-upgrade-script-failed': {
    class: 'script',
    sentence: 'the script before the deployment failed, was cancelled, or could not be run',
    retryMayHelp: true,
    whatToDo: "read the task's log in Lagoon; retry runs it again",
    oldNames: ['pre-upgrade-script'],
  },
  'upgrade-script-failed': {
    class: 'script',
    sentence: 'the script that is the upgrade failed, was cancelled, or could not be run',
    retryMayHelp: true,
    whatToDo: "read the task's log in Lagoon; retry runs it again",
    oldNames: ['upgrade-script'],
  },
  'post-upgrade-script-failed': {
    class: 'script',
    sentence: 'the script after the deployment failed, was cancelled, or could not be run',
    retryMayHelp: true,
    whatToDo: "read the task's log in Lagoon; retry runs it again, without another deployment",
    oldNames: ['post-upgrade-script'],
  },
  'deployment-failed': {
    class: 'build',
    sentence: 'the build ended in an error',
    retryMayHelp: true,
    whatToDo: "read the build's log in Lagoon; retry deploys again",
  },
  'deployment-cancelled': {
    class: 'build',
    sentence: 'somebody else cancelled the build, and put no other in its place',
    retryMayHelp: true,
    whatToDo: 'find out who and why, then retry',
  },
  'superseding-deployment-failed': {
    class: 'build',
    sentence: 'a build of somebody else took the place of ours, and did not succeed',
    retryMayHelp: true,
    whatToDo: "read that build's log in Lagoon, then retry",
  },
  'route-missing': {
    class: 'health',
    sentence: 'Lagoon named no route of the environment at which the app could be asked',
    retryMayHelp: true,
    whatToDo: 'look at the routes of the environment, or register how its health is to be proved',
    oldNames: ['Lagoon named no route of the environment'],
  },
  'probe-refused': {
    class: 'health',
    sentence: "the app's address is one that Uplift must not ask",
    retryMayHelp: false,
    whatToDo: 'look at the route in Lagoon and at the permitted suffixes of the core',
    oldNames: ['Probe target refused'],
  },
  'no-healthy-answer': {
    class: 'health',
    sentence: 'the app gave no healthy answer within the window',
    retryMayHelp: true,
    whatToDo: 'look at the app; retry, roll back, or accept it as it is (abandon)',
    oldNames: ['no healthy answer within the window'],
  },
  'no-steady-answer': {
    class: 'health',
    sentence: 'the app was healthy at times, but not often enough in a row',
    retryMayHelp: true,
    whatToDo: 'look at the app; retry, roll back, or accept it as it is (abandon)',
    oldNames: ['no steady answer within the window'],
  },
  'not-running-in-lagoon': {
    class: 'health',
    sentence: "Lagoon's own status did not show the app as built and running within the window",
    retryMayHelp: true,
    whatToDo: 'look at the newest build and the services of the environment in Lagoon',
  },
  'health-task-failed': {
    class: 'health',
    sentence: 'the task that proves the health of the app did not succeed',
    retryMayHelp: true,
    whatToDo: "read the task's log in Lagoon; retry, roll back, or accept the app as it is",
  },
  'stage-timed-out': {
    class: 'timeout',
    sentence: 'a stage did not end in time; the evidence names it, and what it waited for',
    retryMayHelp: true,
    whatToDo: 'look at what the evidence names, then retry',
  },
  'call-not-landed': {
    class: 'unknown-outcome',
    sentence:
      'an operator declared that the last call to Lagoon had no effect, and Lagoon bears it out',
    retryMayHelp: true,
    whatToDo: 'retry: nothing is under way any more',
  },
  'outcome-unknown': {
    class: 'unknown-outcome',
    sentence: 'nobody can tell whether the last call to Lagoon took effect',
    retryMayHelp: false,
    whatToDo:
      'look at Lagoon, then resolve: adopt the build, or declare that the call did not land',
  },
} as const satisfies Readonly<Record<string, ReasonRow>>;

export type FailureReason = keyof typeof REASONS;

/** Why Lagoon refused a call, as `evidence.cause` of such a failure says. */
export const REFUSAL_CAUSES = {
  permission: {
    sentence: "the user of Uplift lacks a permission; an outage of Lagoon's login looks the same",
    retryMayHelp: true,
    whatToDo: 'compare the roles of the user with the project, then retry',
  },
  'not-found': {
    sentence: 'Lagoon does not have, or does not show, what the call is about',
    retryMayHelp: false,
    whatToDo: 'compare names and ids with Lagoon',
  },
  configuration: {
    sentence: 'the project or the environment is not set up for such a call',
    retryMayHelp: false,
    whatToDo: 'correct the configuration in Lagoon',
  },
  disabled: {
    sentence: 'such calls are disabled for the project or the environment',
    retryMayHelp: false,
    whatToDo: 'enable them in Lagoon',
  },
  quota: {
    sentence: 'a limit on the number of environments is reached',
    retryMayHelp: false,
    whatToDo: 'remove environments, or have the limit raised',
  },
  unauthenticated: {
    sentence: 'Lagoon did not accept the token',
    retryMayHelp: true,
    whatToDo: 'see to the token of the core',
  },
  'invalid-request': {
    sentence: 'Lagoon does not take the values that were sent',
    retryMayHelp: false,
    whatToDo: 'correct the target of the upgrade, and ask for a new one',
  },
  'not-cancellable': {
    sentence: 'Lagoon would not cancel it',
    retryMayHelp: true,
    whatToDo: 'wait for its end',
  },
  'not-sent': {
    sentence: 'the call never reached Lagoon',
    retryMayHelp: true,
    whatToDo: 'nothing: it is sent again by itself',
  },
} as const satisfies Readonly<Record<string, Explanation>>;

/** Why Lagoon does not bear out what an operator says of a call, as `OutcomeResolutionRefused` names it. */
export const RESOLUTION_REFUSALS = {
  'environment-missing': {
    sentence: 'Lagoon shows no such project and environment to the user of Uplift',
    retryMayHelp: false,
    whatToDo: 'compare project and environment with Lagoon, and what the user may see',
  },
  'build-exists': {
    sentence: 'a build or task with the marker of the call is there, so it did land',
    retryMayHelp: false,
    whatToDo: 'adopt the build that the evidence names',
  },
  'may-still-land': {
    sentence: 'the call is so young that Lagoon may still show a build of it',
    retryMayHelp: true,
    whatToDo: 'ask again when the time that the evidence names is over',
  },
  'build-missing': {
    sentence: 'Lagoon does not show the named build or task among the newest of the environment',
    retryMayHelp: false,
    whatToDo: 'compare the name with Lagoon',
  },
  'build-of-another-attempt': {
    sentence: 'the named build or task carries the marker of another attempt',
    retryMayHelp: false,
    whatToDo: 'name the build of this attempt, or declare that the call did not land',
  },
  'still-running': {
    sentence: 'the named build or task has not ended yet',
    retryMayHelp: true,
    whatToDo: 'ask again when it has ended',
  },
} as const satisfies Readonly<Record<string, Explanation>>;

export type ResolutionRefusal = keyof typeof RESOLUTION_REFUSALS;

export const REASON_ROWS = Object.entries(REASONS) as readonly (readonly [
  FailureReason,
  ReasonRow,
])[];

const NEW_NAMES = new Map<string, FailureReason>(
  REASON_ROWS.flatMap(([code, { oldNames = [] }]) => oldNames.map((old) => [old, code] as const)),
);

/** The present name of a reason, whatever version wrote it; a text that is not known stays as it is. */
export function presentReason(reason: string): string {
  if (Object.hasOwn(REASONS, reason)) return reason;
  const [name = reason] = reason.split(':', 1);
  return NEW_NAMES.get(name) ?? reason;
}

export function reasonRow(reason: string): ReasonRow | null {
  const code = presentReason(reason);
  return Object.hasOwn(REASONS, code) ? REASONS[code as FailureReason] : null;
}

/** What the cause of a refusal by Lagoon means; null for one that is not known. */
export function refusalCause(cause: unknown): Explanation | null {
  const isKnown = typeof cause === 'string' && Object.hasOwn(REFUSAL_CAUSES, cause);
  return isKnown ? REFUSAL_CAUSES[cause as keyof typeof REFUSAL_CAUSES] : null;
}

export function reasonClassOf(reason: string): ReasonClass {
  return reasonRow(reason)?.class ?? 'other';
}
