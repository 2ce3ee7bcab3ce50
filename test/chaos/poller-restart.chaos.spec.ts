import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import { expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';
import { acknowledged } from '../support/uplift-client';
import { expectSoundAudit } from '../support/whole-history';

const FLEET = 1_000;
const POLLERS = ['poll-upgrade', 'second-poller'] as const;
/** Instances that are asked for at once. */
const BATCH = 50;
/** Simulated seconds per second: a build of eight minutes, polled as often as ever, fits into a test. */
const CLOCK_SPEED = 20;
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

jest.setTimeout(120_000);

describe('pollers that die twice with a thousand builds in their hands', () => {
  const fleet = makeFleet(FLEET).map((instance) => ({ ...instance, hasScripts: false as const }));
  const ids = fleet.map(({ instanceId }) => instanceId);
  let uplift: RunningUplift;
  let accepted: readonly Accepted[];

  beforeAll(async () => {
    uplift = await RunningUplift.start({ clockSpeed: CLOCK_SPEED, env: AS_DEPLOYED });
    const [first, ...others] = POLLERS;
    await Promise.all(others.map((name) => uplift.stack.startService(first, name)));
    await inBatches((some) => uplift.place(some));
    await uplift.lagoon.clearLedger();
  });

  afterAll(() => uplift.stop());

  async function inBatches<T>(work: (some: readonly FleetInstance[]) => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (let n = 0; n < fleet.length; n += BATCH) {
      results.push(await work(fleet.slice(n, n + BATCH)));
    }
    return results;
  }

  const killAndRestart = async () => {
    const pollers = POLLERS.map((name) => uplift.stack.service(name));
    await Promise.all(pollers.map((poller) => poller.kill('SIGKILL')));
    await Promise.all(pollers.map((poller) => poller.restart()));
  };

  const reached = (type: string, least: number) =>
    uplift.log.until(
      () => uplift.log.count(type, ids) >= least,
      () => `${type} of ${least}, so far ${uplift.log.count(type, ids)}`,
      60_000,
    );

  it('leaves no upgrade without its end, and none with two', async () => {
    accepted = (
      await inBatches((some) => acknowledged(() => uplift.client.triggerAll(some)))
    ).flat();
    await reached('DeploymentAccepted', FLEET);
    expect(uplift.log.inFlight(ids).length).toBeGreaterThan(0.8 * FLEET);
    await killAndRestart();
    await reached('UpgradeCompleted', 1);
    expect(uplift.log.inFlight(ids).length).toBeGreaterThan(FLEET / 2);
    await killAndRestart();
    await uplift.ended(accepted, 60_000);

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
