import { eventually } from '../../support/eventually';
import type { FleetInstance } from '../../support/fleet';
import { idsOf, makeFleet } from '../../support/fleet';
import { expectSoundAudit, expectUpgradedOnce } from '../../support/run-checks';
import type { RunningUplift } from '../../support/running-uplift';
import { STAGE_WORKERS } from '../../support/running-uplift';
import type { Accepted } from '../../support/uplift-client';
import { UpliftClient } from '../../support/uplift-client';
import { StagedFleet } from './staged-fleet';
import { LIMITS, stillWaiting, storyOf, unexplained, waitedOnce } from './waits';

const DEADLINE_MS = 10_000;
const OUTAGE_MS = 3 * DEADLINE_MS;
const ATTEMPT_MS = 20_000;
const DEADLINE = String(DEADLINE_MS);
const DEADLINES = {
  UPLIFT_DEADLINE_PENDING_MS: DEADLINE,
  UPLIFT_DEADLINE_STEP_MS: DEADLINE,
  UPLIFT_DEADLINE_CALL_MS: DEADLINE,
  UPLIFT_DEADLINE_QUEUED_MS: DEADLINE,
  UPLIFT_DEADLINE_RUNNING_MS: DEADLINE,
  UPLIFT_DEADLINE_VERIFY_MS: DEADLINE,
};
const NOBODY_HOLDS = 10;
/** Simulated seconds. */
const LONGER_THAN_A_SCRIPT = 30;

export function outageSuite(running: () => RunningUplift): void {
  describe('a Lagoon that is away for longer than the deadline of any step', () => {
    const hurried = makeFleet(3);
    const late = makeFleet(NOBODY_HOLDS);
    let uplift: RunningUplift;
    let staged: StagedFleet;
    let accepted: readonly Accepted[];
    let hurriedAccepted: readonly Accepted[];
    let endedInOutage: readonly string[];

    beforeAll(async () => {
      uplift = running();
      await uplift.lagoon.clearLedger();
      await uplift.startServices(STAGE_WORKERS, LIMITS);
      staged = new StagedFleet(uplift);
      await uplift.place([...late, ...hurried]);
      await staged.begin();
      await uplift.lagoon.outage(true);
      staged.wake();
      await sitOutTheOutage();
      await staged.letEnd();
      const inFlight = uplift.log.inFlight(idsOf(hurried));
      endedInOutage = idsOf(hurried).filter((id) => !inFlight.includes(id));
      await uplift.lagoon.outage(false);
      await beForbearing();
      await uplift.endedByAdvancing([...accepted, ...hurriedAccepted]);
    });

    afterAll(async () => {
      await uplift.lagoon.planNothing();
      await uplift.stopServices([...STAGE_WORKERS, 'watchdog']);
    });

    /** Through a command API of their own, which nobody else must meet: it gives attempts little time. */
    const triggerHurried = async () => {
      const own = { UPLIFT_DEADLINE_ATTEMPT_MS: String(ATTEMPT_MS) };
      const api = await uplift.stack.startService('command-api', 'hurried-api', own);
      const client = new UpliftClient(`http://127.0.0.1:${api.port('http')}`, uplift.bus);
      const triggers = hurried.map((instance) => client.trigger(instance, 'http'));
      hurriedAccepted = await Promise.all(triggers);
      await api.stop();
    };

    const explained = (fleet: readonly FleetInstance[]) =>
      uplift.log.until(
        () => unexplained(uplift, idsOf(fleet)).length === 0,
        () => `a reason for ${unexplained(uplift, idsOf(fleet)).join('\n')}`,
      );

    /** Some more come meanwhile, of which nobody takes notice but the watchdog. */
    const sitOutTheOutage = async () => {
      const { stack } = uplift;
      const begunAt = Date.now();
      await triggerHurried();
      await explained([...staged.all, ...hurried]);
      await stack.startService('watchdog', 'watchdog', { ...LIMITS, ...DEADLINES });
      await stack.service('pre-upgrade').kill('SIGKILL');
      accepted = [...staged.accepted, ...(await uplift.client.triggerAll(late))];
      await explained(late);
      const lastExplainedAt = Date.now();
      await eventually(() => {
        expect(Date.now() - lastExplainedAt).toBeGreaterThan(DEADLINE_MS);
        expect(Date.now() - begunAt).toBeGreaterThan(OUTAGE_MS);
      }, 2 * OUTAGE_MS);
      await stack.service('pre-upgrade').restart();
    };

    /** Once every wait is over, the deadlines have no more to show; a step may take as long as the machine needs. */
    const beForbearing = async () => {
      const { log, stack } = uplift;
      const ids = idsOf([...staged.all, ...late]);
      const left = () => stillWaiting(uplift, ids);
      await uplift.advanceUntil(
        () => left().length === 0,
        () => `the end of the waits of ${left().join('\n')}`,
        LONGER_THAN_A_SCRIPT,
      );
      expect(log.count('StageTimedOut', ids)).toBe(0);
      await stack.service('watchdog').stop();
      await stack.startService('watchdog', 'watchdog', LIMITS);
    };

    it('fails nobody, whatever the stage: each tells once what it waits for, once that it is over, and goes on', async () => {
      const all = [...staged.all, ...late];
      const ids = idsOf(all);
      const odd = ids.filter((id) => !waitedOnce(uplift, id));
      expect(odd.map((id) => storyOf(uplift, id))).toEqual([]);
      expect(uplift.log.count('StageTimedOut', ids)).toBe(0);
      await expectUpgradedOnce(uplift, all, accepted);
      const { stdout } = await uplift.cli('audit', 'replay', ids[0] ?? '');
      expect(stdout).toMatch(/ WaitingFor .* lagoon:default/);
      expect(stdout).toMatch(/ WaitEnded .* lagoon:default/);
    });

    it('ends no attempt whose whole time is shorter than the outage: its clock stands still', () => {
      expect(ATTEMPT_MS).toBeLessThan(OUTAGE_MS);
      expect(endedInOutage).toEqual([]);
      for (const { instanceId } of hurried) {
        expect(uplift.log.typesOf(instanceId)).toContain('WaitingFor');
      }
    });

    it('leaves nothing that an auditor could object to', async () => {
      await expectSoundAudit(uplift);
    });
  });
}
