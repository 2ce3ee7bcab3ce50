import type { FleetInstance } from '../../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import {
  expectAcknowledgedOnce,
  expectBusIsStore,
  expectSoundAudit,
  expectUpgradedOnce,
} from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import type { Accepted, Transport } from '../../support/uplift-client';
import { acknowledged } from '../../support/uplift-client';
import type { KillTarget } from './process-kill';
import { ProcessKill } from './process-kill';

const FLEET = SIZES.killedFleet;
/** Upgrades that are asked for before the kill; the others while the process is down. */
const EARLY = (2 * FLEET) / 3;
/** The first ones build until they are let go, so that the run cannot be over before the process is back. */
const STRAGGLERS = 5;
/** One script before the upgrade, one after. */
const TASKS = 2 * FLEET;

export function killsSuite(running: () => RunningUplift, targets: readonly KillTarget[]): void {
  describe('kill -9 in mid-run, and a restart', () => {
    let uplift: RunningUplift;
    let planned: ProcessKill | undefined;

    beforeAll(() => {
      uplift = running();
    });

    /** A test that fails while the process is down must not spoil the next ones. */
    afterEach(() => planned?.recover());

    const makeStragglingFleet = () =>
      makeFleet(FLEET).map((instance, n) =>
        n < STRAGGLERS ? { ...instance, buildSeconds: ENDLESS_BUILD } : instance,
      );

    const trigger = (instance: FleetInstance, n: number) => {
      const transport: Transport = n % 2 === 0 ? 'bus' : 'http';
      return acknowledged(() => uplift.client.trigger(instance, transport));
    };

    /** Ends the builds of the stragglers, once Lagoon has begun them. */
    const letGo = async (accepted: readonly Accepted[]) => {
      const straggling = idsOf(accepted.slice(0, STRAGGLERS));
      await uplift.reached('DeploymentAccepted', straggling);
      expect(uplift.log.inFlight(straggling)).toHaveLength(STRAGGLERS);
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
    };

    const tasksAdded = async () => (await uplift.lagoon.ledger()).fields.addTask ?? 0;

    it.each([...targets])(
      'of $name at $killAt.type loses nothing, repeats nothing and stalls nobody',
      async (target) => {
        const fleet = makeStragglingFleet();
        await uplift.place(fleet);
        const tasksBefore = await tasksAdded();
        const fault = new ProcessKill(uplift, target, idsOf(fleet));
        planned = fault;
        await fault.prepare();

        const early = fleet.slice(0, EARLY).map(trigger);
        await fault.inject();
        const late = fleet.slice(EARLY).map(trigger);
        await fault.recover();
        const accepted = await Promise.all([...early, ...late]);
        await letGo(accepted);
        await uplift.ended(accepted);

        expectAcknowledgedOnce(uplift, fleet, accepted);
        await expectUpgradedOnce(uplift, fleet, accepted);
        expect((await tasksAdded()) - tasksBefore).toBe(TASKS);
      },
    );

    it('leaves all of it on the bus, and nothing that an auditor could object to', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}
