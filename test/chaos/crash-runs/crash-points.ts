import type { FaultSpec } from '../../../tools/lagoon-simulator/src';
import type { ServiceName } from '../../../tools/stack/src';

/** `kill`: SIGKILL. `stop`: SIGSTOP, and SIGCONT after somebody else has done the work. */
export type ProcessFault = 'kill' | 'stop';

/** One boundary of the effect protocol, and how a worker is brought to it. */
export interface CrashPoint {
  readonly stage: ServiceName;
  readonly failpoint: string;
  /** What Lagoon does to the calls meanwhile. */
  readonly lagoonFaults: readonly FaultSpec[];
}

const LOSE_ANSWER: FaultSpec = {
  kind: 'lose-answer',
  field: 'deployEnvironmentLatest',
  times: 3,
};

const LOSE_TASK: FaultSpec = { kind: 'lose-answer', field: 'addTask', times: 3 };

const deploy = (step: string, lagoonFaults: readonly FaultSpec[] = []): CrashPoint => ({
  stage: 'upgrade',
  failpoint: `deploy.${step}`,
  lagoonFaults,
});

const poll = (step: string): CrashPoint => ({
  stage: 'poll-upgrade',
  failpoint: `deploy.${step}`,
  lagoonFaults: [],
});

const script = (step: string, lagoonFaults: readonly FaultSpec[] = []): CrashPoint => ({
  stage: 'pre-upgrade',
  failpoint: `task.${step}`,
  lagoonFaults,
});

/** The boundaries around the call to Lagoon. */
export const CALL_POINTS = ['E3', 'E4', 'E5', 'E6'].map((step) => deploy(step));

/** The others from the message to the outcome, as pairs. */
export const OTHER_PAIRS = [
  [deploy('E0'), deploy('E1')],
  [deploy('E7'), deploy('E2')],
  [poll('E8'), poll('E9')],
] as const;

/** Every boundary from the message to the outcome. */
export const DEPLOY_POINTS: readonly CrashPoint[] = [...CALL_POINTS, ...OTHER_PAIRS.flat()];

/** The same with calls whose answers are lost, and for scripts. */
export const FURTHER_POINTS: readonly CrashPoint[] = [
  ...['E3@2', 'E5', 'E6'].map((step) => deploy(step, [LOSE_ANSWER])),
  ...['E2', 'E3', 'E4', 'E5', 'E6', 'E7'].map((step) => script(step)),
  ...['E5', 'E6'].map((step) => script(step, [LOSE_TASK])),
];
