import { makeFleet } from '../support/fleet';
import { expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { expectSoundAudit } from '../support/whole-history';
import { storyOf } from './outage/waits';

const FLEET = 40;
const OUTAGES = 3;
const ENDLESS_BUILD = 1_000_000;

jest.setTimeout(90_000);

describe('a Lagoon that comes and goes', () => {
  let uplift: RunningUplift;

  beforeAll(async () => {
    const env = { UPLIFT_CALL_LEASE_MS: '1000', UPLIFT_PROBE_WINDOW_MS: '30000' };
    uplift = await RunningUplift.start({ clockSpeed: 20, env });
  });

  afterAll(() => uplift.stop());

  it('is told of at most once for each time it goes, and each wait has its end', async () => {
    const { client, lagoon, log } = uplift;
    const [building, beginning] = [makeFleet(FLEET / 2), makeFleet(FLEET / 2)];
    const fleet = [
      ...building.map((instance) => ({ ...instance, buildSeconds: ENDLESS_BUILD })),
      ...beginning,
    ];
    const ids = fleet.map(({ instanceId }) => instanceId);
    const told = (id: string, type: string) => log.typesOf(id).filter((t) => t === type).length;
    const toldByAll = (type: string) => ids.reduce((sum, id) => sum + told(id, type), 0);
    const more = (type: string) => {
      const before = toldByAll(type);
      return log.until(
        () => toldByAll(type) > before,
        () => `another ${type}`,
      );
    };
    await uplift.place(fleet);
    const early = await client.triggerAll(fleet.slice(0, FLEET / 2));
    const begun = () => log.count('DeploymentProgressed', ids);
    await log.until(
      () => begun() === FLEET / 2,
      () => `builds begun: ${begun()}`,
    );

    const late = client.triggerAll(fleet.slice(FLEET / 2));
    for (let n = 0; n < OUTAGES; n += 1) {
      await Promise.all([more('WaitingFor'), lagoon.outage(true)]);
      await Promise.all([more('WaitEnded'), lagoon.outage(false)]);
    }
    await lagoon.advance(2 * ENDLESS_BUILD);
    const accepted = [...early, ...(await late)];
    await uplift.ended(accepted, 60_000);

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
