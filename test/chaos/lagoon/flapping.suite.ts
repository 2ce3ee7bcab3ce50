import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import { LIMITS, storyOf } from './waits';

const FLEET = SIZES.comingAndGoing;
const OUTAGES = 3;
/** Simulated seconds. */
const LONGER_THAN_A_SCRIPT = 30;
const SERVICES = [...STAGE_WORKERS, 'watchdog'] as const;

export function flappingSuite(running: () => RunningUplift): void {
  describe('a Lagoon that comes and goes', () => {
    let uplift: RunningUplift;

    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
      await uplift.startServices(SERVICES, LIMITS);
    });

    afterAll(async () => {
      await uplift.lagoon.planNothing();
      await uplift.stopServices(SERVICES);
    });

    it('is told of at most once for each time it goes, and each wait has its end', async () => {
      const { client, lagoon, log } = uplift;
      const [building, beginning] = [makeFleet(FLEET / 2), makeFleet(FLEET / 2)];
      const fleet = [
        ...building.map((instance) => ({ ...instance, buildSeconds: ENDLESS_BUILD })),
        ...beginning,
      ];
      const ids = idsOf(fleet);
      const told = (id: string, type: string) => log.typesOf(id).filter((t) => t === type).length;
      const toldByAll = (type: string) => ids.reduce((sum, id) => sum + told(id, type), 0);
      const more = (type: string) => {
        const before = toldByAll(type);
        const isTold = () => toldByAll(type) > before;
        return uplift.advanceUntil(isTold, () => `another ${type}`, LONGER_THAN_A_SCRIPT);
      };
      await uplift.place(fleet);
      const early = await client.triggerAll(fleet.slice(0, FLEET / 2));
      const begun = () => log.count('DeploymentProgressed', ids);
      await uplift.advanceUntil(
        () => begun() === FLEET / 2,
        () => `builds begun: ${begun()}`,
        LONGER_THAN_A_SCRIPT,
      );

      const late = client.triggerAll(fleet.slice(FLEET / 2));
      for (let n = 0; n < OUTAGES; n += 1) {
        await Promise.all([more('WaitingFor'), lagoon.outage(true)]);
        await Promise.all([more('WaitEnded'), lagoon.outage(false)]);
      }
      await lagoon.advance(2 * ENDLESS_BUILD);
      const accepted = [...early, ...(await late)];
      await uplift.endedByAdvancing(accepted);

      await expectUpgradedOnce(uplift, fleet, accepted);
      const waits = ids.map((id) => told(id, 'WaitingFor'));
      expect(Math.max(...waits)).toBeLessThanOrEqual(OUTAGES);
      const open = ids.filter((id) => told(id, 'WaitingFor') !== told(id, 'WaitEnded'));
      expect(open.map((id) => storyOf(uplift, id))).toEqual([]);
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectSoundAudit(uplift);
    });
  });
}
