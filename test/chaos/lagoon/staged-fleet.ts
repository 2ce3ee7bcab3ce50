import type { FleetInstance } from '../../support/fleet';
import { ENDLESS_BUILD, makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import type { Accepted } from '../../support/uplift-client';

/** Instances per stage. */
const GROUP = 15;
/** Simulated seconds. */
const SHORT_BUILD = 60;
const LONGER_THAN_A_SCRIPT = 30;
const LONGER_THAN_A_SHORT_BUILD = 110;

const buildingFor = (buildSeconds: number) =>
  makeFleet(GROUP).map((instance) => ({ ...instance, buildSeconds }));

/** Upgrades that stand in every stage at the same moment. Simulated time must go by as slowly as real time. */
export class StagedFleet {
  readonly accepted: Accepted[] = [];
  private readonly inPreUpgrade = makeFleet(GROUP);
  private readonly beforeDeployment = makeFleet(GROUP);
  private readonly building = buildingFor(ENDLESS_BUILD);
  private readonly inPostUpgrade = buildingFor(SHORT_BUILD);

  constructor(private readonly uplift: RunningUplift) {}

  get all(): readonly FleetInstance[] {
    return [
      ...this.inPostUpgrade,
      ...this.building,
      ...this.beforeDeployment,
      ...this.inPreUpgrade,
    ];
  }

  /** Nothing goes on by itself when it returns: scripts and builds take long, and the deploying worker stands still. */
  async begin(): Promise<void> {
    const { lagoon, stack } = this.uplift;
    await this.uplift.place(this.all);
    await this.trigger([...this.inPostUpgrade, ...this.building]);
    await lagoon.advance(LONGER_THAN_A_SCRIPT);
    await this.reached('DeploymentAccepted', 1, this.inPostUpgrade, this.building);
    stack.service('upgrade').signal('SIGSTOP');
    await this.trigger(this.beforeDeployment);
    await lagoon.advance(LONGER_THAN_A_SHORT_BUILD);
    await this.reached('UpgradePending', 1, this.beforeDeployment);
    await this.reached('ScriptAccepted', 2, this.inPostUpgrade);
    await this.trigger(this.inPreUpgrade);
  }

  /** The deploying worker wakes up. */
  wake(): void {
    this.uplift.stack.service('upgrade').signal('SIGCONT');
  }

  /** Every script and every build that has begun is over. */
  async letEnd(): Promise<void> {
    await this.uplift.lagoon.advance(2 * ENDLESS_BUILD);
  }

  private async trigger(instances: readonly FleetInstance[]): Promise<void> {
    this.accepted.push(...(await this.uplift.client.triggerAll(instances)));
    await this.reached('ScriptAccepted', 1, instances);
  }

  private async reached(
    type: string,
    times: number,
    ...groups: readonly (readonly FleetInstance[])[]
  ): Promise<void> {
    const { log } = this.uplift;
    const late = () =>
      groups
        .flat()
        .filter(
          ({ instanceId }) => log.typesOf(instanceId).filter((t) => t === type).length < times,
        );
    await log.until(
      () => late().length === 0,
      () => `${type} of ${late().length} instances`,
    );
  }
}
