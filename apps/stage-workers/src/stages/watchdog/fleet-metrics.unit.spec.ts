import type { ConsumerState } from '@uplift/bus';
import { event } from '@uplift/domain/testing';
import { SingleLagoonCore } from '@uplift/lagoon';
import { Metrics } from '@uplift/runtime';
import { ORDER } from '../../testing/example-upgrade';
import { Fleet, settled } from '../../testing/fleet';
import { LIMITS, MINUTE } from '../../testing/watched-fleet';
import { StoreClock } from '../../store/event-clock';
import { DeadlineProjection } from './deadlines.projection';
import { FleetMetrics } from './fleet-metrics';
import { StageQueues } from './stage-queues';
import { UpgradeStatistics } from './upgrade-statistics';
import type { WatchdogView } from './watchdog';

/** An instance whose upgrade has succeeded. */
async function joinEnded(fleet: Fleet): Promise<void> {
  const instanceId = await fleet.join('PostUpgradeCompleted');
  const { upgradeId, attempt } = await orderOf(fleet, instanceId);
  const { type, data } = event('InstanceVerifiedHealthy');
  await fleet.append(instanceId, { type, data: { ...data, upgradeId, attempt } });
}

async function orderOf(fleet: Fleet, instanceId: string) {
  const { state } = await fleet.history.load(instanceId);
  if (state.kind !== 'upgrading') throw new TypeError('not upgrading');
  return state.workOrder;
}

const AWAY = () => Promise.reject(new Error('no bus'));
const stops: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

/** What a watchdog of this fleet shows. */
function measured(fleet: Fleet, lookAt: () => Promise<ConsumerState | null> = AWAY) {
  const { clock } = fleet;
  const tail = fleet.tail();
  const deadlines = new DeadlineProjection(LIMITS, clock);
  const view = {
    deadlines,
    queues: new StageQueues(lookAt, clock),
    storeClock: new StoreClock(clock),
  } as unknown as WatchdogView;
  tail.add({
    onEvent: ({ recordedAt }) => view.storeClock.observe(Date.parse(recordedAt), true),
    onInstanceEvent: (event) => deadlines.record(event),
  });
  const metrics = new Metrics('stage-workers');
  const cores = new SingleLagoonCore({ name: 'eu-1' } as never);
  const statistics = new UpgradeStatistics();
  new FleetMetrics({ tail, view, statistics, cores, clock }).showOn(metrics);
  stops.push(() => tail.stop());
  return {
    async start() {
      tail.start();
      await settled();
      return this;
    },
    /** Lines of the page that begin so, without the prefix of all. */
    async lines(name: string): Promise<string[]> {
      const { body } = await metrics.render();
      const start = `uplift_${name}`;
      return body
        .split('\n')
        .filter((line) => line.startsWith(start))
        .map((line) => line.slice('uplift_'.length));
    },
  };
}

it('nothing of the fleet is shown before the whole store was read', async () => {
  const fleet = new Fleet();
  await joinEnded(fleet);
  await fleet.join('UpgradeRequested');
  const page = measured(fleet);
  expect(await page.lines('upgrades_')).toEqual([]);
  expect(await page.lines('stage_duration_seconds')).toEqual([]);
  await page.start();
  expect(await page.lines('upgrades_total')).toEqual([
    `upgrades_total{outcome="succeeded",reason_class="none",strategy="${ORDER.strategy}"} 1`,
  ]);
  expect(await page.lines('upgrades_in_flight{stage="pre-upgrade"}')).toEqual([
    'upgrades_in_flight{stage="pre-upgrade"} 1',
  ]);
});

it('every process that counts comes to the same numbers', async () => {
  const fleet = new Fleet();
  for (let n = 0; n < 3; n++) await joinEnded(fleet);
  const first = await measured(fleet).start();
  for (let n = 0; n < 2; n++) await joinEnded(fleet);
  await settled();
  const second = await measured(fleet).start();
  for (const name of ['upgrades_total', 'stage_']) {
    expect(await first.lines(name)).toEqual(await second.lines(name));
  }
  expect(await first.lines('stage_duration_seconds_count{stage="verify"')).toEqual([
    'stage_duration_seconds_count{stage="verify",outcome="completed"} 5',
  ]);
});

it('buckets reach from parts of a second to a day, and hold everything', async () => {
  const fleet = new Fleet();
  const instanceId = await fleet.join('UpgradePending');
  await fleet.clock.advance(90 * MINUTE);
  await fleet.goOn(instanceId, 'UpgradeCompleted');
  const page = await measured(fleet).start();
  const buckets = await page.lines(
    'stage_duration_seconds_bucket{stage="upgrade",outcome="completed"',
  );
  const filled = buckets
    .filter((line) => line.endsWith(' 1'))
    .map((line) => /le="(.*?)"/.exec(line));
  expect(filled.map((found) => found?.[1])).toEqual(['7200', '14400', '28800', '86400', '+Inf']);
});

it('says who is late, what waits for what and since when, and what builds', async () => {
  const fleet = new Fleet();
  const page = await measured(fleet).start();
  const [, waiting] = await fleet.joinMany(2, 'PreUpgradeStarted');
  await fleet.join('DeploymentAccepted');
  const since = new Date(fleet.clock.wall()).toISOString();
  const { upgradeId, attempt } = await orderOf(fleet, waiting!);
  await fleet.append(waiting!, {
    type: 'WaitingFor',
    data: { upgradeId, attempt, target: 'lagoon:eu-1', since, stage: 'pre-upgrade' },
  });
  await fleet.clock.advance(LIMITS.step + MINUTE);
  await settled();
  expect(await page.lines('upgrades_overdue')).toContain('upgrades_overdue{stage="pre-upgrade"} 1');
  expect(await page.lines('upgrades_waiting{')).toEqual([
    'upgrades_waiting{wait="lagoon",core="eu-1"} 1',
  ]);
  expect(await page.lines('upgrades_waiting_oldest')).toEqual([
    `upgrades_waiting_oldest_seconds{wait="lagoon",core="eu-1"} ${(LIMITS.step + MINUTE) / 1_000}`,
  ]);
  expect(await page.lines('builds_in_flight')).toEqual(['builds_in_flight{core="eu-1"} 1']);
});

it('what waits no more is shown no more', async () => {
  const fleet = new Fleet();
  const page = await measured(fleet).start();
  const instanceId = await fleet.join('PreUpgradeStarted');
  const { upgradeId, attempt } = await orderOf(fleet, instanceId);
  const target = 'credentials:eu-1';
  const since = new Date(fleet.clock.wall()).toISOString();
  const told = { upgradeId, attempt, target };
  await fleet.append(instanceId, {
    type: 'WaitingFor',
    data: { ...told, since, stage: 'pre-upgrade' },
  });
  await settled();
  expect(await page.lines('upgrades_waiting{')).toHaveLength(1);
  await fleet.append(instanceId, { type: 'WaitEnded', data: { ...told, waitedMs: 1 } });
  await settled();
  expect(await page.lines('upgrades_waiting{')).toEqual([]);
});

it('shows the backlog of each consumer, and the age of the oldest also while the bus is away', async () => {
  const fleet = new Fleet();
  const state = { undelivered: 7, inHand: 2, pulls: 1, idleMs: null };
  const reached = await measured(fleet, () => Promise.resolve(state)).start();
  const away = await measured(fleet).start();
  await fleet.join('UpgradePending');
  await fleet.clock.advance(MINUTE);
  await settled();
  expect(await reached.lines('consumer_pending_messages{consumer="upgrade"}')).toEqual([
    'consumer_pending_messages{consumer="upgrade"} 7',
  ]);
  expect(await away.lines('consumer_pending')).toEqual([]);
  for (const page of [reached, away]) {
    expect(await page.lines('consumer_oldest_seconds{consumer="upgrade"}')).toEqual([
      'consumer_oldest_seconds{consumer="upgrade"} 60',
    ]);
  }
});
