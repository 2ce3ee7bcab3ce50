import type { FleetInstance } from '../../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import { SIZES } from '../../support/sizes';
import type { Accepted } from '../../support/uplift-client';
import { acknowledged } from '../../support/uplift-client';

const FLEET = SIZES.polledBuilds;
const SECOND_POLLER = 'second-poller';
const SERVICES = [...STAGE_WORKERS, 'watchdog'] as const;
/** Instances whose builds end first. */
const FEW = FLEET / 4;
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
const BUILD_MS = 480_000 / CLOCK_SPEED;
/** Requests to Lagoon for each instance, its polls for as long as a build takes. */
const MOST_POLLS = 0.3;
const MOST_REQUESTS = 1.3;
const POLLS = ['query DeploymentsOfMany', 'query DeploymentsOf', 'query DeploymentsByBulkId'];

export function pollerRestartSuite(running: () => RunningUplift): void {
  describe('pollers that die twice while they follow many builds', () => {
    // No build ends before it is told to, however long the commands take.
    const fleet = makeFleet(FLEET).map((instance, n) => ({
      ...instance,
      hasScripts: false as const,
      buildSeconds: n < FEW ? ENDLESS_BUILD : 3 * ENDLESS_BUILD,
    }));
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
      expect(uplift.log.inFlight(ids)).toHaveLength(FLEET);
      await killAndRestart();
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.reached('UpgradeCompleted', ids, 1);
      expect(uplift.log.inFlight(ids).length).toBeGreaterThanOrEqual(FLEET - FEW);
      await killAndRestart();
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      await uplift.ended(accepted);
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

    /** From the first build to the end of the last one. */
    const followedForMs = () => {
      const times = ids
        .flatMap((id) => uplift.log.of(id))
        .filter(({ type }) => type === 'DeploymentAccepted' || type === 'UpgradeCompleted')
        .map(({ recordedAt }) => Date.parse(recordedAt));
      return Math.max(...times) - Math.min(...times);
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
      const mostPolls = MOST_POLLS * Math.max(1, followedForMs() / BUILD_MS);
      expect(polls / FLEET).toBeGreaterThan(0);
      expect(polls / FLEET).toBeLessThanOrEqual(mostPolls);
      expect(total / FLEET).toBeLessThanOrEqual(MOST_REQUESTS - MOST_POLLS + mostPolls);
      expect(requests['mutation DeployLatest']).toBe(FLEET);
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectSoundAudit(uplift);
    });
  });
}
