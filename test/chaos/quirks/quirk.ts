import type { InstanceEventType } from '@uplift/domain';
import type { BuildTraits, EnvironmentSpec, FaultSpec } from '../../../tools/lagoon-simulator/src';

/** What somebody else does once the build is accepted, or once it is told that it does not start. */
export type Meddling = 'foreign-build' | 'cancel-when-unstarted';

/** One way in which Lagoon is not as it should be, and what has to come of it. */
export interface Quirk {
  readonly name: string;
  readonly build?: Partial<BuildTraits>;
  readonly environment?: Partial<EnvironmentSpec>;
  /** What happens to the calls that deploy the environment. */
  readonly deploying?: FaultSpec;
  /** What happens to the reads that name the project. */
  readonly reading?: FaultSpec;
  readonly meddling?: Meddling;
  /** The last event, if the instance does not come back into service as it should. */
  readonly end?: 'UpgradeFailed' | 'UpgradeCancelled';
  /** Events of the upgrade that only this quirk brings, in their order. */
  readonly brings: readonly InstanceEventType[];
  /** Calls that deploy, those that Lagoon surely did not take included. */
  readonly calls?: number;
  /** Builds that carry the marker. */
  readonly builds?: number;
}

/** Simulated seconds of a build, or of anything as long. */
const LONG = 480;
const HALF = LONG / 2;

export const QUIRKS: readonly Quirk[] = [
  {
    name: 'a row that shows late',
    build: { rowSeconds: LONG },
    brings: ['BuildNotVisible'],
  },
  {
    name: 'a row that never shows',
    build: { rowSeconds: 'never' },
    end: 'UpgradeFailed',
    brings: ['BuildNotVisible', 'OutcomeUnknown', 'UpgradeFailed'],
    builds: 0,
  },
  {
    name: 'two rows for one call',
    build: { rows: 2 },
    brings: ['DuplicateBuildDetected'],
    builds: 2,
  },
  { name: 'a build that is queued again while it runs', build: { regresses: true }, brings: [] },
  {
    name: 'a word for a running build that nobody knows',
    build: { runningStatus: 'building' },
    brings: [],
  },
  {
    name: 'a build that another one takes the place of',
    build: { runSeconds: HALF, endStatus: 'cancelled' },
    meddling: 'foreign-build',
    brings: ['DeploymentSuperseded'],
  },
  {
    name: 'a build that somebody cancels',
    build: { endStatus: 'cancelled' },
    end: 'UpgradeFailed',
    brings: ['UpgradeFailed'],
  },
  { name: 'a build with warnings', environment: { buildWarnings: true }, brings: [] },
  {
    name: 'a build that starts late',
    build: { startSeconds: 2 * LONG },
    brings: ['BuildNotStarted'],
  },
  {
    name: 'a build that never starts, until an operator cancels it',
    build: { startSeconds: 'never' },
    meddling: 'cancel-when-unstarted',
    end: 'UpgradeCancelled',
    brings: [
      'BuildNotStarted',
      'UpgradeCancelRequested',
      'DeploymentCancelled',
      'UpgradeCancelled',
    ],
  },
  {
    name: 'a row that vanishes',
    build: { vanishSeconds: HALF },
    end: 'UpgradeFailed',
    brings: ['BuildNotVisible', 'OutcomeUnknown', 'UpgradeFailed'],
  },
  { name: 'an app that sleeps', environment: { idleState: 'idled' }, brings: [] },
  {
    name: 'answers of which a part is missing',
    reading: { kind: 'partial', times: 2 },
    brings: [],
  },
  {
    name: 'a call that lands after its 504',
    deploying: { kind: 'land-late', landMs: 500 },
    brings: ['CallAmbiguous'],
  },
  {
    name: 'a call answered with a word',
    deploying: { kind: 'say', message: 'success' },
    brings: ['CallAmbiguous', 'CallNotLanded'],
    calls: 2,
  },
  {
    name: 'a permission that is missing for a while',
    deploying: { kind: 'refuse', times: 2 },
    brings: ['CallRefused', 'CallRefused'],
    calls: 3,
  },
];

const ALL_BROUGHT = new Set<string>(QUIRKS.flatMap(({ brings }) => brings));

/** Of the events of an instance those that some quirk brings. */
export function broughtIn(types: readonly string[]): string[] {
  return types.filter((type) => ALL_BROUGHT.has(type));
}
