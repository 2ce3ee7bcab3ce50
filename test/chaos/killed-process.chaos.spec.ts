import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import {
  expectAcknowledgedOnce,
  expectBusIsStore,
  expectSoundAudit,
  expectUpgradedOnce,
} from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import type { Accepted, Transport } from '../support/uplift-client';
import { acknowledged } from '../support/uplift-client';
import { Strike } from './strike';
import { INFRASTRUCTURE, OTHER_SERVICES, STAGE_WORKERS } from './victims';

const FLEET = 60;
/** Upgrades that are asked for before the kill; the others while the victim is down. */
const EARLY = 40;
/** The first ones build until they are let go, so that the run cannot be over before the victim is back. */
const STRAGGLERS = 5;
const STRAGGLING_SECONDS = 1_000_000;
/** One script before the upgrade, one after. */
const TASKS = 2 * FLEET;

jest.setTimeout(120_000);

describe('kill -9 in mid-run, and a restart', () => {
  let uplift: RunningUplift;

  beforeAll(async () => {
    uplift = await RunningUplift.start({ clockSpeed: 240 });
  });

  afterAll(() => uplift.stop());

  const makeStragglingFleet = () =>
    makeFleet(FLEET).map((instance, n) =>
      n < STRAGGLERS ? { ...instance, buildSeconds: STRAGGLING_SECONDS } : instance,
    );

  const trigger = (instance: FleetInstance, n: number) => {
    const transport: Transport = n % 2 === 0 ? 'bus' : 'http';
    return acknowledged(() => uplift.client.trigger(instance, transport));
  };

  /** Ends the builds of the stragglers, once Lagoon has begun them. */
  const letGo = async (accepted: readonly Accepted[]) => {
    const straggling = accepted.slice(0, STRAGGLERS).map(({ instanceId }) => instanceId);
    const begun = () => uplift.log.count('DeploymentAccepted', straggling);
    await uplift.log.until(
      () => begun() === STRAGGLERS,
      () => `builds begun: ${begun()}`,
    );
    expect(uplift.log.inFlight(straggling)).toHaveLength(STRAGGLERS);
    await uplift.lagoon.advance(2 * STRAGGLING_SECONDS);
  };

  const tasksAdded = async () => (await uplift.lagoon.ledger()).fields.addTask ?? 0;

  it.each([...STAGE_WORKERS, ...OTHER_SERVICES, ...INFRASTRUCTURE])(
    'of $name at $strikeAt.type loses nothing, repeats nothing and stalls nobody',
    async (victim) => {
      const fleet = makeStragglingFleet();
      await uplift.place(fleet);
      const tasksBefore = await tasksAdded();
      const ids = fleet.map(({ instanceId }) => instanceId);
      const strike = new Strike(uplift, victim, ids);
      await strike.prepare();

      const early = fleet.slice(0, EARLY).map(trigger);
      await strike.kill();
      const late = fleet.slice(EARLY).map(trigger);
      await strike.bringBack();
      const accepted = await Promise.all([...early, ...late]);
      await letGo(accepted);
      await uplift.ended(accepted);

      expectAcknowledgedOnce(uplift, fleet, accepted);
      await expectUpgradedOnce(uplift, fleet, accepted);
      expect((await tasksAdded()) - tasksBefore).toBe(TASKS);
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    },
  );
});
