import type { FleetInstance } from '../support/fleet';
import { ENDLESS_BUILD, idsOf, makeFleet } from '../support/fleet';
import type { Finished, RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';

interface RetryLine {
  readonly upgrade: string;
  readonly answer: string;
}

const lines = ({ stdout }: Finished) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RetryLine);

/** Operators with a command line, on instances whose environments somebody else was building. */
export function steppingInSuite(running: () => RunningUplift): void {
  describe('stepping in', () => {
    const fleet = makeFleet(2).map((one): FleetInstance => ({ ...one, hasScripts: false }));
    const ids = idsOf(fleet);
    let uplift: RunningUplift;
    let failed: readonly Accepted[];

    beforeAll(async () => {
      uplift = running();
      await uplift.place(fleet.map((one) => ({ ...one, buildSeconds: ENDLESS_BUILD })));
      for (const { project, environment } of fleet) {
        await uplift.lagoon.build({ project, environment });
      }
      failed = await uplift.client.triggerAll(fleet);
      await uplift.ended(failed);
      await uplift.readModelCaughtUp();
    });

    const retry = (expected: number) =>
      uplift.cli(
        ...['-o', 'jsonl', 'upgrade', 'retry', '--failed', '--reason-class', 'busy'],
        ...['--expect', String(expected), '--reason', 'the builds have ended', '--key', 'spec'],
      );

    it('explains why an upgrade failed, what to do and what is possible', async () => {
      const { code, stdout } = await uplift.cli('instance', 'explain', ids[0] ?? '');
      expect(code).toBe(0);
      expect(stdout).toContain('[deployment-active, busy]');
      expect(stdout).toMatch(/Possible now: .*upgrade retry.*upgrade abandon/);
      expect(stdout).toMatch(/not .*upgrade cancel.*: .* is not in flight/);
    });

    it('says with a refusal what is possible instead', async () => {
      const [{ instanceId = '', upgradeId = '' } = {}] = failed;
      const cancel = ['upgrade', 'cancel', instanceId, upgradeId, '--reason', 'r'];
      expect(await uplift.cli(...cancel)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(
          /\[upgrade-not-in-flight\].*Possible now: .*upgrade retry/,
        ) as string,
      });
    });

    it('retries nothing if other than the expected number has failed', async () => {
      expect(await retry(3)).toMatchObject({ code: 3, stdout: '' });
      expect(uplift.log.count('UpgradeRetried', ids)).toBe(0);
    });

    it('retries all that failed for a class of reasons, which come back to health', async () => {
      for (const one of fleet) await uplift.lagoon.change(one, { buildSeconds: null });
      await uplift.lagoon.advance(2 * ENDLESS_BUILD);
      const retried = await retry(2);
      expect(retried.code).toBe(0);
      expect(new Set(lines(retried).map(({ upgrade }) => upgrade))).toEqual(
        new Set(failed.map(({ upgradeId }) => upgradeId)),
      );
      await uplift.log.until(
        () => uplift.log.count('InstanceVerifiedHealthy', ids) === 2,
        () => ids.map((id) => uplift.log.typesOf(id).join(' → ')).join('\n'),
      );
      await uplift.readModelCaughtUp();
      expect(await retry(2)).toMatchObject({ code: 3, stdout: '' });
      const watched = await uplift.cli('upgrade', 'watch', failed[0]?.upgradeId ?? '');
      expect(watched).toMatchObject({ code: 0 });
    });

    it('shows in every answer which starts are stopped, by whom and why', async () => {
      const core = ['--core', 'nowhere', '--reason'];
      expect(await uplift.cli('system', 'stop-starts', ...core, 'it is moved')).toMatchObject({
        code: 0,
      });
      await uplift.readModelCaughtUp();
      const notice = /^Starts on core nowhere are stopped since \S+ by \S+: it is moved$/m;
      const asked = [
        ['system', 'status'],
        ['instance', 'list'],
        ['instance', 'explain', ids[0] ?? ''],
        ['upgrade', 'get', failed[0]?.upgradeId ?? ''],
      ];
      for (const args of asked) {
        expect(await uplift.cli(...args)).toMatchObject({
          code: 0,
          stderr: expect.stringMatching(notice) as string,
        });
      }
      expect(await uplift.cli('system', 'allow-starts', ...core, 'it is back')).toMatchObject({
        code: 0,
      });
      await uplift.readModelCaughtUp();
      expect(await uplift.cli('-o', 'jsonl', 'system', 'status')).toEqual({
        ...{ code: 0, stdout: '', stderr: '' },
      });
    });
  });
}
