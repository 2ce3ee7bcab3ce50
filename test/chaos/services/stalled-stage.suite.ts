import { undone } from '../../support/bus-reader';
import { eventually } from '../../support/eventually';
import { makeFleet } from '../../support/fleet';
import type { RunningUplift } from '../../support/running-uplift';
import { expectBusIsStore, expectSoundAudit } from '../../support/run-checks';

/** Of every pending stage, also on a busy machine. */
const LIMIT_MS = 8_000;
const IMPATIENT_WATCHDOG = 'impatient-watchdog';

export function stalledStageSuite(running: () => RunningUplift): void {
  describe('a stage that nobody works on', () => {
    const fleet = makeFleet(5);
    let uplift: RunningUplift;

    beforeAll(async () => {
      uplift = running();
      const own = { UPLIFT_DEADLINE_PENDING_MS: String(LIMIT_MS) };
      await Promise.all([
        uplift.stopServices(['post-upgrade']),
        uplift.stack.startService('watchdog', IMPATIENT_WATCHDOG, own),
        uplift.place(fleet),
      ]);
      await uplift.ended(await uplift.client.triggerAll(fleet));
      await uplift.readModelCaughtUp();
    });

    /** Later suites need the worker, whatever became of the tests. */
    afterAll(async () => {
      await uplift.stopServices([IMPATIENT_WATCHDOG]);
      const worker = uplift.stack.service('post-upgrade');
      if (worker.hasExited) await worker.restart();
    });

    it('ends, past its deadline, in a failure that says why', async () => {
      for (const { instanceId } of fleet) {
        expect(uplift.log.statusOf(instanceId)).toBe('post-upgrade-failed');
        const [opened, timedOut, failed] = uplift.log.of(instanceId).slice(-3);
        expect([opened!.type, timedOut!.type, failed!.type]).toEqual([
          'PostUpgradePending',
          'StageTimedOut',
          'PostUpgradeFailed',
        ]);
        expect(timedOut!.data).toMatchObject({ stage: 'post-upgrade', limitMs: LIMIT_MS });
        const waited = Date.parse(timedOut!.recordedAt) - Date.parse(opened!.recordedAt);
        expect(waited).toBeGreaterThanOrEqual(LIMIT_MS);
      }
      const shown = await uplift.client.get<{ items: readonly { failureReason: string }[] }>(
        '/v1/instances?status=post-upgrade-failed',
      );
      expect(shown.items).toHaveLength(fleet.length);
      shown.items.forEach(({ failureReason }) => expect(failureReason).toMatch(/timed/i));
    });

    it('stays as it ended when its worker comes at last', async () => {
      const before = uplift.log.events.length;
      const { requests } = await uplift.lagoon.ledger();
      expect(await undone(uplift.bus, 'post-upgrade')).toBe(fleet.length);
      await uplift.stack.startService('post-upgrade');
      await eventually(async () => expect(await undone(uplift.bus, 'post-upgrade')).toBe(0));
      expect((await uplift.lagoon.ledger()).requests['mutation AddTask']).toBe(
        requests['mutation AddTask'],
      );
      const onBus = await expectBusIsStore(uplift);
      expect(onBus).toHaveLength(before);
      await expectSoundAudit(uplift);
    });
  });
}
