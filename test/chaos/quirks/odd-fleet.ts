import type { FleetInstance } from '../../support/fleet';
import { makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import type { Accepted } from '../../support/uplift-client';
import type { Meddling, Quirk } from './quirk';
import { QUIRKS } from './quirk';

interface OddInstance {
  readonly quirk: Quirk;
  readonly instance: FleetInstance;
}

/** One instance for each quirk. */
export class OddFleet {
  readonly members: readonly OddInstance[];
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

  /** All at once, to the end of each. */
  async upgrade(): Promise<void> {
    const { client } = this.uplift;
    await this.uplift.place(this.members.map(({ instance }) => instance));
    for (const member of this.members) await this.makeOdd(member);
    const instances = this.members.map(({ instance }) => instance);
    const accepted = await client.triggerAll(instances);
    accepted.forEach((answer) => this.accepted.set(answer.instanceId, answer));
    await Promise.all(this.members.map((member) => this.meddleWith(member)));
    await this.uplift.ended(accepted);
  }

  of(quirk: Quirk): FleetInstance {
    const member = this.members.find((other) => other.quirk === quirk);
    if (member === undefined) throw new TypeError(`no instance has: ${quirk.name}`);
    return member.instance;
  }

  markerOf({ instanceId }: FleetInstance): string {
    return `uplift-${this.acceptedOf(instanceId).upgradeId}-1`;
  }

  private async makeOdd({ quirk, instance }: OddInstance): Promise<void> {
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

  private async meddleWith({ quirk, instance }: OddInstance): Promise<void> {
    if (quirk.meddling === undefined) return;
    const { project, environment, instanceId } = instance;
    const { lagoon, client } = this.uplift;
    const does: Readonly<Record<Meddling, () => Promise<unknown>>> = {
      'foreign-build': async () => {
        await this.reached(instanceId, 'DeploymentAccepted');
        return lagoon.build({ project, environment });
      },
      'cancel-when-unstarted': async () => {
        await this.reached(instanceId, 'BuildNotStarted');
        return client.cancel(this.acceptedOf(instanceId), 'http');
      },
    };
    await does[quirk.meddling]();
  }

  private reached(instanceId: string, type: string): Promise<void> {
    const { log } = this.uplift;
    return log.until(
      () => log.typesOf(instanceId).includes(type),
      () => `${type}: ${log.typesOf(instanceId).join(' → ')}`,
    );
  }

  private acceptedOf(instanceId: string): Accepted {
    const accepted = this.accepted.get(instanceId);
    if (accepted === undefined) throw new TypeError(`${instanceId} was not triggered`);
    return accepted;
  }
}
