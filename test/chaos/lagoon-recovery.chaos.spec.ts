import { join } from 'node:path';
import { ManagedProcess } from '../../tools/stack/src';
import { eventually } from '../support/eventually';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import { expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { expectSoundAudit } from '../support/whole-history';
import { storyOf, unexplained, waitedOnce } from './outage/waits';

const BUILDING = 100;
const WAITING = 150;
const FLEET = BUILDING + WAITING;
const ENDLESS_BUILD = 1_000_000;
const OUTAGE_MS = 8_000;
/** Requests in a second by one process, which here works on every stage. */
const CAP = 20;
/** Requests, repeats and those on their way included, after which Lagoon counts as away; then it is tried now and then. */
const UNTIL_AWAY = 10;
const TRIALS_A_SECOND = 2;

jest.setTimeout(90_000);

const withoutScripts = (size: number): FleetInstance[] =>
  makeFleet(size).map((instance) => ({ ...instance, hasScripts: false }));

describe('a Lagoon that comes back while hundreds wait for it', () => {
  let uplift: RunningUplift;
  let worker: ManagedProcess;

  beforeAll(async () => {
    uplift = await RunningUplift.start({
      clockSpeed: 60,
      services: ['relay', 'projector', 'command-api'],
      env: {
        UPLIFT_LAGOON_REQUESTS_PER_SECOND: String(CAP),
        UPLIFT_CALL_LEASE_MS: '10000',
        UPLIFT_PROBE_WINDOW_MS: '30000',
      },
    });
    worker = await ManagedProcess.start({
      name: 'all-stages',
      script: 'dist/apps/stage-workers/src/main.js',
      dir: join(uplift.stack.dir, 'logs'),
      env: uplift.stack.env,
    });
  });

  afterAll(async () => {
    await worker.stop();
    await uplift.stop();
  });

  it('is asked no more often than agreed, whoever waits, and everybody goes on', async () => {
    const { client, lagoon, log } = uplift;
    const building = withoutScripts(BUILDING).map((instance) => ({
      ...instance,
      buildSeconds: ENDLESS_BUILD,
    }));
    const waiting = withoutScripts(WAITING);
    const all = [...building, ...waiting];
    const ids = all.map(({ instanceId }) => instanceId);
    await uplift.place(all);
    const early = await client.triggerAll(building);
    const begun = () => log.count('DeploymentProgressed', ids);
    await log.until(
      () => begun() === BUILDING,
      () => `builds begun: ${begun()}`,
    );

    const begunAt = Date.now();
    await lagoon.outage(true);
    const late = await client.triggerAll(waiting);
    await log.until(
      () => unexplained(uplift, ids).length === 0,
      () => `a reason for ${unexplained(uplift, ids).join('\n')}`,
    );
    await eventually(() => expect(Date.now() - begunAt).toBeGreaterThan(OUTAGE_MS), 2 * OUTAGE_MS);
    const outageSeconds = (Date.now() - begunAt) / 1_000;
    const { outcomes } = await lagoon.ledger();
    await lagoon.advance(2 * ENDLESS_BUILD);
    await lagoon.outage(false);
    const accepted = [...early, ...late];
    await uplift.ended(accepted, 60_000);

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
