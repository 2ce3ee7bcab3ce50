import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import { expectBusIsStore, expectSoundAudit } from '../../support/run-checks';
import type { Quirk } from './quirks';
import { broughtIn, QuirkFleet, QUIRKS } from './quirks';

/** Long enough for the slowest look, short enough to be reached. */
const LIMITS = {
  UPLIFT_ROW_VISIBLE_MS: '500',
  UPLIFT_BUILD_NOT_STARTED_MS: '1500',
  UPLIFT_BUILD_VANISHED_MS: '8000',
  UPLIFT_PERMISSION_PAUSE_MS: '300',
  UPLIFT_PROBE_WINDOW_MS: '20000',
};
const SERVICES = [...STAGE_WORKERS, 'watchdog'] as const;
/** Lagoon's order of the states of a build. */
const ORDER = ['new', 'queued', 'pending', 'running'];

export function quirksSuite(running: () => RunningUplift): void {
  describe('a fleet on which Lagoon is odd in every way at once', () => {
    let uplift: RunningUplift;
    let fleet: QuirkFleet;

    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
      await uplift.startServices(SERVICES, LIMITS);
      fleet = new QuirkFleet(uplift);
      await fleet.upgrade();
    });

    afterAll(() => uplift.stopServices(SERVICES));

    const find = (name: string): Quirk => QUIRKS.find((quirk) => quirk.name === name)!;
    const dataOf = (quirk: Quirk, type: string) =>
      uplift.log
        .of(fleet.of(quirk).instanceId)
        .filter((event) => event.type === type)
        .map(({ data }) => data as Readonly<Record<string, unknown>>);

    it.each(QUIRKS)('$name ends as it should, and is told', ({ name, brings, end }) => {
      const instance = fleet.of(find(name));
      const types = uplift.log.typesOf(instance.instanceId);
      expect(broughtIn(types)).toEqual(brings);
      expect(types.at(-1)).toBe(end ?? 'InstanceVerifiedHealthy');
      const status = end === 'UpgradeFailed' ? 'upgrade-failed' : instance.status;
      expect(uplift.log.statusOf(instance.instanceId)).toBe(status);
    });

    it.each(QUIRKS)('$name leads to no build that nobody asked for', async ({ name, ...quirk }) => {
      const { calls = 1, builds = 1 } = quirk;
      const { buildsByBulkName } = await uplift.lagoon.ledger();
      const marker = fleet.markerOf(fleet.of(find(name)));
      expect(dataOf(find(name), 'DeploymentRequested')).toHaveLength(calls);
      expect(buildsByBulkName[marker] ?? []).toHaveLength(builds);
    });

    it('deploys by no call that the history does not tell of', async () => {
      const { fields } = await uplift.lagoon.ledger();
      const calls = QUIRKS.reduce((sum, quirk) => sum + (quirk.calls ?? 1), 0);
      expect(fields.deployEnvironmentLatest).toBe(calls);
    });

    it('sees no build go back', () => {
      for (const quirk of QUIRKS) {
        const states = dataOf(quirk, 'DeploymentProgressed').map(({ status }) => String(status));
        const places = states.map((state) => ORDER.indexOf(state)).filter((place) => place >= 0);
        expect(places).toEqual([...places].sort((one, other) => one - other));
      }
    });

    it('says what is particular about each end', async () => {
      const ends = (name: string, type: string) => dataOf(find(name), type)[0];
      expect(ends('a build with warnings', 'UpgradeCompleted')).toMatchObject({ warnings: true });
      expect(ends('a build that somebody cancels', 'UpgradeFailed')).toMatchObject({
        reason: 'deployment-cancelled',
      });
      for (const name of ['a row that never shows', 'a row that vanishes']) {
        expect(ends(name, 'UpgradeFailed')).toMatchObject({
          reason: 'outcome-unknown',
          retryable: false,
        });
      }
      const [superseded] = dataOf(
        find('a build that another one takes the place of'),
        'DeploymentSuperseded',
      );
      expect(superseded?.by).toMatch(/^lagoon-build-/);
      const { fields } = await uplift.lagoon.ledger();
      expect(fields.idleOrUnidleEnvironment).toBe(1);
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    });
  });
}
