import type { ManagedProcess } from '../../../tools/stack/src';
import { eventually } from '../../support/eventually';
import type { FleetInstance } from '../../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import { PATIENCE, storyOf, unexplained, waitedOnce } from '../lagoon/waits';

const FLEET = SIZES.waitingForLagoon;
const BUILDING = 0.4 * FLEET;
const WAITING = FLEET - BUILDING;
const OUTAGE_MS = 8_000;
/** Requests in a second by one process, which here works on every stage. */
const CAP = 20;
/** Requests, repeats and those on their way included, after which Lagoon counts as away; then it is tried now and then. */
const UNTIL_AWAY = 10;
const TRIALS_A_SECOND = 2;
const LIMITS = {
  ...PATIENCE,
  UPLIFT_LAGOON_REQUESTS_PER_SECOND: String(CAP),
  UPLIFT_CALL_LEASE_MS: '10000',
};

const withoutScripts = (size: number): FleetInstance[] =>
  makeFleet(size).map((instance) => ({ ...instance, hasScripts: false }));

export function lagoonRecoverySuite(running: () => RunningUplift): void {
  describe('a Lagoon that comes back while many wait for it', () => {
    let uplift: RunningUplift;
    let worker: ManagedProcess;

    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
      worker = await uplift.startAllStages(LIMITS);
    });

    afterAll(() => worker.stop());

    it('is asked no more often than agreed, whoever waits, and everybody goes on', async () => {
      const { client, lagoon, log } = uplift;
      const building = withoutScripts(BUILDING).map((instance) => ({
        ...instance,
        buildSeconds: ENDLESS_BUILD,
      }));
      const waiting = withoutScripts(WAITING);
      const all = [...building, ...waiting];
      const ids = idsOf(all);
      await uplift.place(all);
      const early = await client.triggerAll(building);
      await uplift.reached('DeploymentProgressed', idsOf(building));

      const begunAt = Date.now();
      await lagoon.outage(true);
      const late = await client.triggerAll(waiting);
      await log.until(
        () => unexplained(uplift, ids).length === 0,
        () => `a reason for ${unexplained(uplift, ids).join('\n')}`,
      );
      await eventually(
        () => expect(Date.now() - begunAt).toBeGreaterThan(OUTAGE_MS),
        2 * OUTAGE_MS,
      );
      const outageSeconds = (Date.now() - begunAt) / 1_000;
      const { outcomes } = await lagoon.ledger();
      await lagoon.advance(2 * ENDLESS_BUILD);
      await lagoon.outage(false);
      const accepted = [...early, ...late];
      await uplift.endedByAdvancing(accepted);

      await expectUpgradedOnce(uplift, all, accepted);
      expect(ids.filter((id) => !waitedOnce(uplift, id)).map((id) => storyOf(uplift, id))).toEqual(
        [],
      );
      const { busiestSecond, requests } = await lagoon.ledger();
      expect(busiestSecond).toBeGreaterThan(CAP / 2);
      expect(busiestSecond).toBeLessThanOrEqual(2 * CAP);
      expect(requests['mutation DeployLatest']).toBe(FLEET);
      expect(outcomes.outage).toBeLessThanOrEqual(UNTIL_AWAY + TRIALS_A_SECOND * outageSeconds);
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectSoundAudit(uplift);
    });
  });
}
