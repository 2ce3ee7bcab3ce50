import type { InstanceEventType } from '@uplift/domain';
import type { BuildTraits, EnvironmentSpec, FaultSpec } from '../../../tools/lagoon-simulator/src';
import { eventually } from '../../support/eventually';
import type { FleetInstance } from '../../support/fleet';
import { idsOf, makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import type { Accepted } from '../../support/uplift-client';

/** What somebody else does once the build is accepted, or once it is told that it does not start. */
type Intervention = 'foreign-build' | 'cancel-when-unstarted';

/** One way in which Lagoon is not as it should be, and what has to come of it. */
export interface Quirk {
  readonly name: string;
  readonly build?: Partial<BuildTraits>;
  readonly environment?: Partial<EnvironmentSpec>;
  /** What happens to the calls that deploy the environment. */
  readonly deploying?: FaultSpec;
  /** What happens to the reads that name the project. */
  readonly reading?: FaultSpec;
  readonly intervention?: Intervention;
  /** What it brings first comes before its build goes on. */
  readonly showsAtOnce?: true;
  /** The last event, if the instance does not come back into service as it should. */
  readonly end?: 'UpgradeFailed' | 'UpgradeCancelled';
  /** Events of the upgrade that only this quirk brings, in their order. */
  readonly brings: readonly InstanceEventType[];
  /** Calls that deploy, those that Lagoon surely did not take included. */
  readonly calls?: number;
  /** Builds that carry the marker. */
  readonly builds?: number;
}

/** Simulated seconds: nothing that lasts as long is over before the clock is moved on. */
const LONG = 100_000;
const HALF = LONG / 2;

export const QUIRKS: readonly Quirk[] = [
  {
    name: 'a row that shows late',
    build: { rowSeconds: LONG },
    showsAtOnce: true,
    brings: ['BuildNotVisible'],
  },
  {
    name: 'a row that never shows',
    build: { rowSeconds: 'never' },
    showsAtOnce: true,
    end: 'UpgradeFailed',
    brings: ['BuildNotVisible', 'OutcomeUnknown', 'UpgradeFailed'],
    builds: 0,
  },
  {
    name: 'two rows for one call',
    build: { rows: 2 },
    showsAtOnce: true,
    brings: ['DuplicateBuildDetected'],
    builds: 2,
  },
  {
    name: 'a build that is queued again while it runs',
    build: { regresses: true, runSeconds: LONG },
    brings: [],
  },
  {
    name: 'a word for a running build that nobody knows',
    build: { runningStatus: 'building', runSeconds: LONG },
    brings: [],
  },
  {
    name: 'a build that another one takes the place of',
    build: { runSeconds: HALF, endStatus: 'cancelled' },
    intervention: 'foreign-build',
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
    showsAtOnce: true,
    brings: ['BuildNotStarted'],
  },
  {
    name: 'a build that never starts, until an operator cancels it',
    build: { startSeconds: 'never' },
    intervention: 'cancel-when-unstarted',
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
    build: { vanishSeconds: HALF, runSeconds: LONG },
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

/** Simulated seconds. */
const UNTIL_IT_RUNS = 15;
const REGRESSES_AT = 0.3 * LONG;

interface QuirkInstance {
  readonly quirk: Quirk;
  readonly instance: FleetInstance;
}

/** One instance for each quirk. */
export class QuirkFleet {
  readonly members: readonly QuirkInstance[];
  private readonly accepted = new Map<string, Accepted>();

  constructor(private readonly uplift: RunningUplift) {
    const fleet = makeFleet(QUIRKS.length);
    this.members = QUIRKS.flatMap((quirk, n) => {
      const instance = fleet[n];
      return instance === undefined
        ? []
        : [{ quirk, instance: { ...instance, hasScripts: false } }];
    });
  }

  /** All at once, to the end of each; the clock is moved on when every one has come as far as it can. */
  async upgrade(): Promise<void> {
    const { client } = this.uplift;
    await this.uplift.place(this.members.map(({ instance }) => instance));
    for (const member of this.members) await this.prepare(member);
    const instances = this.members.map(({ instance }) => instance);
    const accepted = await client.triggerAll(instances);
    accepted.forEach((answer) => this.accepted.set(answer.instanceId, answer));
    await Promise.all([this.begin(), ...this.members.map((member) => this.showItself(member))]);
    await this.polledAfter(REGRESSES_AT);
    await this.polledAfter(HALF);
    await this.uplift.lagoon.advance(2 * LONG);
    await this.uplift.endedByAdvancing(accepted);
  }

  of(quirk: Quirk): FleetInstance {
    const member = this.members.find((other) => other.quirk === quirk);
    if (member === undefined) throw new TypeError(`no instance has: ${quirk.name}`);
    return member.instance;
  }

  markerOf({ instanceId }: FleetInstance): string {
    return `uplift-${this.acceptedOf(instanceId).upgradeId}-1`;
  }

  private async prepare({ quirk, instance }: QuirkInstance): Promise<void> {
    const { lagoon } = this.uplift;
    const { build, environment, deploying, reading } = quirk;
    const nextBuilds = build === undefined ? [] : [build];
    const { environmentId } = await lagoon.change(instance, { ...environment, nextBuilds });
    if (deploying !== undefined) {
      const match = `"environment":{"id":${environmentId}}`;
      await lagoon.plan({ ...deploying, field: 'deployEnvironmentLatest', match });
    }
    if (reading !== undefined) await lagoon.plan({ ...reading, match: `"${instance.project}"` });
  }

  /** Each build begins to run as soon as it is accepted. */
  private async begin(): Promise<void> {
    const { log, lagoon } = this.uplift;
    const ids = idsOf(this.members.map(({ instance }) => instance));
    for (let begun = 0; begun < ids.length;) {
      await this.uplift.reached('DeploymentAccepted', ids, begun + 1);
      begun = log.count('DeploymentAccepted', ids);
      await lagoon.advance(UNTIL_IT_RUNS);
    }
  }

  /** What can be seen before its build goes on has been seen, and whoever intervenes has done so. */
  private async showItself(member: QuirkInstance): Promise<void> {
    const { quirk, instance } = member;
    const [first] = quirk.brings;
    const ids = [instance.instanceId];
    if (quirk.showsAtOnce && first !== undefined) await this.uplift.reached(first, ids);
    await this.intervene(member);
  }

  /** Moves the clock on and sees all builds polled, twice, so that one round has begun later. */
  private async polledAfter(seconds: number): Promise<void> {
    const { lagoon } = this.uplift;
    await lagoon.advance(seconds);
    const polls = async () => (await lagoon.ledger()).requests['query DeploymentsOfMany'] ?? 0;
    const before = await polls();
    await eventually(async () => expect(await polls()).toBeGreaterThan(before + 1));
  }

  private async intervene({ quirk, instance }: QuirkInstance): Promise<void> {
    if (quirk.intervention === undefined) return;
    const { project, environment, instanceId } = instance;
    const { lagoon, client } = this.uplift;
    const does: Readonly<Record<Intervention, () => Promise<unknown>>> = {
      'foreign-build': async () => {
        await this.uplift.reached('DeploymentAccepted', [instanceId]);
        return lagoon.build({ project, environment });
      },
      'cancel-when-unstarted': async () => {
        await this.uplift.reached('BuildNotStarted', [instanceId]);
        return client.cancel(this.acceptedOf(instanceId), 'http');
      },
    };
    await does[quirk.intervention]();
  }

  private acceptedOf(instanceId: string): Accepted {
    const accepted = this.accepted.get(instanceId);
    if (accepted === undefined) throw new TypeError(`${instanceId} was not triggered`);
    return accepted;
  }
}
