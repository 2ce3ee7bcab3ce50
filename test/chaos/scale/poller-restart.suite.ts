import type { FleetInstance } from '../../support/fleet';
import { idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import type { Accepted } from '../../support/uplift-client';
import { acknowledged } from '../../support/uplift-client';

const FLEET = SIZES.polledBuilds;
const SECOND_POLLER = 'second-poller';
const SERVICES = [...STAGE_WORKERS, 'watchdog'] as const;
/** Instances that are asked for at once. */
const BATCH = 50;
/** Simulated seconds per second: a build of eight minutes, polled as often as ever, fits into a test. */
export const CLOCK_SPEED = 20;
const scaled = (seconds: number) => String((seconds * 1_000) / CLOCK_SPEED);
const AS_DEPLOYED = {
  UPLIFT_POLL_EARLY_INTERVAL_MS: scaled(30),
  UPLIFT_POLL_EARLY_FOR_MS: scaled(120),
  UPLIFT_POLL_INTERVAL_MS: scaled(60),
  UPLIFT_POLL_QUEUED_INTERVAL_MS: scaled(180),
  UPLIFT_PROBE_WINDOW_MS: '30000',
};
/** Requests to Lagoon for each instance. */
const MOST_POLLS = 0.3;
const MOST_REQUESTS = 1.3;
const POLLS = ['query DeploymentsOfMany', 'query DeploymentsOf', 'query DeploymentsByBulkId'];

export function pollerRestartSuite(running: () => RunningUplift): void {
  describe('pollers that die twice while they follow many builds', () => {
    const fleet = makeFleet(FLEET).map((instance) => ({ ...instance, hasScripts: false as const }));
    const ids = idsOf(fleet);
    let uplift: RunningUplift;
    let accepted: readonly Accepted[];

    beforeAll(async () => {
      uplift = running();
      await Promise.all([
        uplift.startServices(SERVICES, AS_DEPLOYED),
        uplift.stack.startService('poll-upgrade', SECOND_POLLER, AS_DEPLOYED),
      ]);
      await inBatches((some) => uplift.place(some));
      await uplift.lagoon.clearLedger();
      accepted = (
        await inBatches((some) => acknowledged(() => uplift.client.triggerAll(some)))
      ).flat();
      await uplift.reached('DeploymentAccepted', ids);
      expect(uplift.log.inFlight(ids).length).toBeGreaterThan(0.8 * FLEET);
      await killAndRestart();
      await uplift.reached('UpgradeCompleted', ids, 1);
      expect(uplift.log.inFlight(ids).length).toBeGreaterThan(FLEET / 2);
      await killAndRestart();
      await uplift.ended(accepted, 60_000);
    });

    afterAll(() => uplift.stopServices([...SERVICES, SECOND_POLLER]));

    async function inBatches<T>(
      work: (some: readonly FleetInstance[]) => Promise<T>,
    ): Promise<T[]> {
      const results: T[] = [];
      for (let n = 0; n < fleet.length; n += BATCH) {
        results.push(await work(fleet.slice(n, n + BATCH)));
      }
      return results;
    }

    const killAndRestart = async () => {
      const pollers = ['poll-upgrade', SECOND_POLLER].map((name) => uplift.stack.service(name));
      await Promise.all(pollers.map((poller) => poller.kill('SIGKILL')));
      await Promise.all(pollers.map((poller) => poller.restart()));
    };

    it('leaves no upgrade without its end, and none with two', async () => {
      const ends = ids.map((id) =>
        uplift.log.typesOf(id).filter((type) => type === 'UpgradeCompleted'),
      );
      expect(ends.filter(({ length }) => length !== 1)).toEqual([]);
      await expectUpgradedOnce(uplift, fleet, accepted);
    });

    it('costs Lagoon hardly more than one request for each instance', async () => {
      const { requests, total } = await uplift.lagoon.ledger();
      const polls = POLLS.reduce((sum, name) => sum + (requests[name] ?? 0), 0);
      expect(polls / FLEET).toBeGreaterThan(0);
      expect(polls / FLEET).toBeLessThanOrEqual(MOST_POLLS);
      expect(total / FLEET).toBeLessThanOrEqual(MOST_REQUESTS);
      expect(requests['mutation DeployLatest']).toBe(FLEET);
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectSoundAudit(uplift);
    });
  });
}
