import type { WorkOrder } from '@uplift/domain';
import { SERVICE_NAMES } from '../../tools/stack/src';
import { eventually } from '../support/eventually';
import { makeFleet } from '../support/fleet';
import { expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { UpliftClient } from '../support/uplift-client';
import { expectSoundAudit } from '../support/whole-history';
import { StagedFleet } from './outage/staged-fleet';
import { LAGOON, storyOf, unexplained, waitedOnce } from './outage/waits';

const DEADLINE_MS = 6_000;
const OUTAGE_MS = 3 * DEADLINE_MS;
const ATTEMPT_MS = 8_000;
const DEADLINE = String(DEADLINE_MS);
const DEADLINES = {
  UPLIFT_DEADLINE_PENDING_MS: DEADLINE,
  UPLIFT_DEADLINE_STEP_MS: DEADLINE,
  UPLIFT_DEADLINE_CALL_MS: DEADLINE,
  UPLIFT_DEADLINE_QUEUED_MS: DEADLINE,
  UPLIFT_DEADLINE_RUNNING_MS: DEADLINE,
  UPLIFT_DEADLINE_VERIFY_MS: DEADLINE,
};
/** A call that was held back is given up, and explained, well within the outage; slow machines prove health too. */
const LIMITS = { UPLIFT_CALL_LEASE_MS: '1000', UPLIFT_PROBE_WINDOW_MS: '20000' };
const NOBODY_HOLDS = 10;

jest.setTimeout(120_000);

describe('a Lagoon that is away for longer than the deadline of any step', () => {
  const hurried = makeFleet(3);
  let uplift: RunningUplift;

  beforeAll(async () => {
    uplift = await RunningUplift.start({
      clockSpeed: 1,
      env: LIMITS,
      serviceEnv: { watchdog: DEADLINES },
      services: SERVICE_NAMES.filter((name) => name !== 'watchdog'),
    });
  });

  afterAll(() => uplift.stop());

  /** Through a command API of their own, which nobody else must meet: it gives attempts little time. */
  const triggerHurried = async () => {
    const own = { UPLIFT_DEADLINE_ATTEMPT_MS: String(ATTEMPT_MS) };
    const api = await uplift.stack.startService('command-api', 'hurried-api', own);
    const client = new UpliftClient(`http://127.0.0.1:${api.port('http')}`, uplift.bus);
    await Promise.all(hurried.map((instance) => client.trigger(instance, 'http')));
    await api.stop();
  };

  const explained = (ids: readonly string[]) =>
    uplift.log.until(
      () => unexplained(uplift, ids).length === 0,
      () => `a reason for ${unexplained(uplift, ids).join('\n')}`,
    );

  it('fails nobody, whatever the stage: each tells once what it waits for, once that it is over, and goes on', async () => {
    const { lagoon, log, stack } = uplift;
    const staged = new StagedFleet(uplift);
    const late = makeFleet(NOBODY_HOLDS);
    await uplift.place([...late, ...hurried]);
    await staged.begin();

    const begunAt = Date.now();
    await lagoon.outage(true);
    staged.wake();
    await triggerHurried();
    const held = staged.all.map(({ instanceId }) => instanceId);
    await explained([...held, ...hurried.map(({ instanceId }) => instanceId)]);
    await stack.startService('watchdog');
    await stack.service('pre-upgrade').kill('SIGKILL');
    const accepted = [...staged.accepted, ...(await uplift.client.triggerAll(late))];
    await explained(late.map(({ instanceId }) => instanceId));
    await eventually(() => expect(Date.now() - begunAt).toBeGreaterThan(OUTAGE_MS), 2 * OUTAGE_MS);
    await stack.service('pre-upgrade').restart();
    await staged.letEnd();
    await lagoon.outage(false);
    const all = [...staged.all, ...late];
    const ids = all.map(({ instanceId }) => instanceId);
    await staged.goOn(ids);
    await uplift.ended(accepted);

    const odd = ids.filter((id) => !waitedOnce(uplift, id));
    expect(odd.map((id) => storyOf(uplift, id))).toEqual([]);
    expect(log.count('StageTimedOut', ids)).toBe(0);
    await expectUpgradedOnce(uplift, all, accepted);
    const { stdout } = await uplift.cli('audit', 'replay', held[0] ?? '');
    expect(stdout).toMatch(/ WaitingFor .* lagoon:default/);
    expect(stdout).toMatch(/ WaitEnded .* lagoon:default/);
  });

  it('ends only an attempt whose own time is over, and the failure says what it waited for', () => {
    for (const { instanceId } of hurried) {
      const [requested] = uplift.log.of(instanceId).slice(1);
      const [timedOut, failed] = uplift.log.of(instanceId).slice(-2);
      expect([timedOut?.type, failed?.type]).toEqual(['StageTimedOut', 'PreUpgradeFailed']);
      expect(failed?.data).toMatchObject({
        reason: 'stage-timed-out',
        evidence: { waitingFor: LAGOON },
      });
      const { workOrder } = requested?.data as { readonly workOrder: WorkOrder };
      expect(failed && failed.recordedAt >= workOrder.deadlineAt).toBe(true);
    }
  });

  it('leaves nothing that an auditor could object to', async () => {
    await expectSoundAudit(uplift);
  });
});
