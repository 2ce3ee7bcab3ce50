import { makeFleet } from '../support/fleet';
import { expectAcknowledgedOnce, expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { acknowledged } from '../support/uplift-client';
import type { Accepted, Door } from '../support/uplift-client';
import { expectBusIsStore, expectSoundAudit } from '../support/whole-history';
import type { Victim } from './victims';
import { heldBack, INFRASTRUCTURE, OTHER_SERVICES, STAGE_WORKERS } from './victims';

const FLEET = 60;
/** Upgrades that are asked for before the kill; the others while the victim is down. */
const EARLY = 40;
/** The first ones build until they are let go, so that the run cannot be over before the victim is back. */
const STRAGGLERS = 5;
const STRAGGLING_SECONDS = 1_000_000;

jest.setTimeout(120_000);

describe('kill -9 in mid-run, and a restart', () => {
  let uplift: RunningUplift;

  beforeAll(async () => {
    uplift = await RunningUplift.start({ clockSpeed: 240 });
  });

  afterAll(() => uplift.stop());

  const partOf = ({ name }: Victim) => {
    const found = uplift.stack.parts.find((part) => part.name === name);
    if (found) return found;
    throw new Error(`${name} does not run`);
  };

  /** Kills at the moment that is asked for, and sees instances wait for the victim. */
  const strike = async (victim: Victim, ids: readonly string[]) => {
    const { type, instances } = victim.strikeAt;
    const reached = () => uplift.log.count(type, ids);
    await uplift.log.until(
      () => reached() >= instances,
      () => `${type}: ${reached()}`,
    );
    const exit = await partOf(victim).kill('SIGKILL');
    expect(exit.signal).toBe('SIGKILL');
    const waiting = () => heldBack(victim, uplift.log, ids).length;
    await uplift.log.until(
      () => waiting() > 0,
      () => `instances that wait for ${victim.name}`,
    );
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

  it.each([...STAGE_WORKERS, ...OTHER_SERVICES, ...INFRASTRUCTURE])(
    'of $name at $strikeAt.type loses nothing, repeats nothing and stalls nobody',
    async (victim) => {
      const { client, lagoon } = uplift;
      const fleet = makeFleet(FLEET).map((instance, n) =>
        n < STRAGGLERS ? { ...instance, buildSeconds: STRAGGLING_SECONDS } : instance,
      );
      const ids = fleet.map(({ instanceId }) => instanceId);
      await uplift.place(fleet);
      await lagoon.plan({
        kind: 'slow',
        field: 'deployEnvironmentLatest',
        delayMs: 300,
        times: FLEET,
      });
      const trigger = (n: number) => {
        const door: Door = n % 2 === 0 ? 'bus' : 'http';
        return acknowledged(() => client.trigger(fleet[n]!, door));
      };

      const early = Array.from({ length: EARLY }, (_, n) => trigger(n));
      await strike(victim, ids);
      const late = Array.from({ length: FLEET - EARLY }, (_, n) => trigger(EARLY + n));
      await partOf(victim).restart();
      const accepted = await Promise.all([...early, ...late]);
      await letGo(accepted);
      await uplift.ended(accepted);
      expectAcknowledgedOnce(uplift, fleet, accepted);
      await expectUpgradedOnce(uplift, fleet, accepted);
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    },
  );
});
