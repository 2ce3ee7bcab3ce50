import { join } from 'node:path';
import type { ServiceName, TempFolder } from '../../tools/stack/src';
import { createTempFolder } from '../../tools/stack/src';
import { eventually } from '../support/eventually';
import type { FleetInstance } from '../support/fleet';
import { makeFleet } from '../support/fleet';
import { KeptAlive } from '../support/kept-alive';
import {
  expectAcknowledgedOnce,
  expectBusIsStore,
  expectSoundAudit,
  expectUpgradedOnce,
} from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { SmallDisk } from '../support/small-disk';
import type { Accepted } from '../support/uplift-client';
import { acknowledged, problemOf } from '../support/uplift-client';

const FLEET = 12;
const MEGABYTES = { eventstore: 24, nats: 64, postgres: 128 };
type Filled = keyof typeof MEGABYTES;
/** The patience of an append, and a bit. */
const NOTICED_WITHIN_MS = 30_000;

describe('disks that are full', () => {
  let folder: TempFolder;
  let uplift: RunningUplift;
  const disks = new Map<Filled, SmallDisk>();
  const everybody: FleetInstance[] = [];
  const allAccepted: Accepted[] = [];

  beforeAll(async () => {
    folder = await createTempFolder('uplift-full-disks');
    for (const name of Object.keys(MEGABYTES) as Filled[]) {
      const at = { path: join(folder.path, name), remove: () => Promise.resolve() };
      disks.set(name, await SmallDisk.mountAt(at, MEGABYTES[name]));
    }
    uplift = await RunningUplift.start({ clockSpeed: 480, dir: folder.path });
  });

  afterAll(async () => {
    await uplift.stop();
    for (const disk of disks.values()) await disk.remove();
    await folder.remove();
  });

  /** A test that fails must not spoil the next ones. */
  afterEach(() => Promise.all([...disks.values()].map((disk) => disk.makeRoom())));

  const diskOf = (name: Filled) => disks.get(name)!;

  const trigger = (instance: FleetInstance) =>
    acknowledged(() => uplift.client.trigger(instance, 'http'));

  /** What the health page of a service says is wrong, or less well than it should be. */
  async function told(name: ServiceName): Promise<string> {
    const url = `http://127.0.0.1:${uplift.stack.service(name).port('health')}/health/ready`;
    return (await fetch(url)).text();
  }

  const says = (name: ServiceName, words: RegExp) =>
    eventually(async () => expect(await told(name)).toMatch(words), NOTICED_WITHIN_MS);

  async function isWell(name: ServiceName): Promise<void> {
    await eventually(async () => {
      const page = JSON.parse(await told(name)) as Record<string, object | undefined>;
      // That everybody may come in is told as long as it is so.
      expect([page.reasons, { ...page.degraded, access: '' }]).toEqual([{}, { access: '' }]);
    }, NOTICED_WITHIN_MS);
  }

  /** Half of a fleet on its way, the other half still to come. */
  async function underWay(): Promise<readonly [FleetInstance[], Promise<Accepted>[]]> {
    const fleet = makeFleet(FLEET);
    await uplift.place(fleet);
    const early = fleet.slice(0, FLEET / 2).map(trigger);
    const ids = fleet.slice(0, FLEET / 2).map(({ instanceId }) => instanceId);
    await uplift.reached('UpgradeStarted', ids, 1);
    return [fleet, early];
  }

  async function expectAllUpgraded(fleet: readonly FleetInstance[], accepted: readonly Accepted[]) {
    await uplift.ended(accepted);
    expectAcknowledgedOnce(uplift, fleet, accepted);
    await expectUpgradedOnce(uplift, fleet, accepted);
    everybody.push(...fleet);
    allAccepted.push(...accepted);
  }

  it('of the store: commands are refused, nothing that was confirmed is lost, and all goes on with room', async () => {
    const [fleet, early] = await underWay();
    const store = new KeptAlive(uplift.stack.part('eventstore'));
    await diskOf('eventstore').fill();
    const late = fleet.slice(FLEET / 2).map(trigger);
    await says('command-api', /"event-store":"it takes no events since/);
    const refused = await problemOf(uplift.client.trigger(fleet.at(-1)!, 'http'));
    expect(refused).toMatchObject({ status: 503, code: 'event-store-unavailable' });
    expect(refused.retryable).toBe(true);
    expect(store.ends).toBeGreaterThan(0);

    await diskOf('eventstore').makeRoom();
    const accepted = await Promise.all([...early, ...late]);
    await store.leave();
    await expectAllUpgraded(fleet, accepted);
    await isWell('command-api');
  });

  it('of the database: commands and upgrades go on, and the read model follows once there is room', async () => {
    const [fleet, early] = await underWay();
    const postgres = new KeptAlive(uplift.stack.part('postgres'));
    await diskOf('postgres').fill();
    const late = fleet.slice(FLEET / 2).map(trigger);
    const accepted = await Promise.all([...early, ...late]);
    await says('projector', /trying again: .*No space left on device/);
    await expectAllUpgraded(fleet, accepted);
    expect(await told('projector')).toMatch(/trying again/);

    await diskOf('postgres').makeRoom();
    await isWell('projector');
    await postgres.leave();
  });

  it('of the bus: commands are taken, the relay waits and says why, and upgrades go on once it is started again', async () => {
    const [fleet, early] = await underWay();
    await diskOf('nats').fill();
    const late = fleet.slice(FLEET / 2).map(trigger);
    const accepted = await Promise.all([...early, ...late]);
    await says('relay', /disk is full|insufficient resources/);
    await diskOf('nats').makeRoom();
    await uplift.stack.part('nats').restart();
    await expectAllUpgraded(fleet, accepted);
    await isWell('relay');
  });

  it('leave nothing behind: every upgrade once, bus and read model as the store', async () => {
    expect(allAccepted).toHaveLength(3 * FLEET);
    await expectUpgradedOnce(uplift, everybody, allAccepted);
    await expectBusIsStore(uplift);
    await expectSoundAudit(uplift);
  });
});
