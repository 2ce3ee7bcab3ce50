import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { InstanceDocument } from '@uplift/contracts';
import type { TempFolder } from '../../tools/stack/src';
import { createTempFolder, projectRoot } from '../../tools/stack/src';
import type { FleetInstance } from '../support/fleet';
import { idsOf, makeFleet } from '../support/fleet';
import { expectBusIsStore, expectSoundAudit, expectUpgradedOnce } from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import type { Accepted } from '../support/uplift-client';

jest.setTimeout(300_000);

/** Simulated time moves when the suite says so. */
const SLOW = { clockSpeed: 1 };
const UPLIFT = ['eventstore', 'nats', 'postgres'] as const;

describe('a backup of the store alone, restored into an empty place', () => {
  const ended = makeFleet(4);
  const underWay = makeFleet(3);
  let folder: TempFolder;
  /** Lagoon goes on while Uplift is lost. */
  let first: RunningUplift;
  let second: RunningUplift;
  let accepted: readonly Accepted[];
  let before: readonly InstanceDocument[];

  const script = (name: string, ...args: readonly string[]) =>
    execFileSync(join(projectRoot(), 'deploy', name), args, { encoding: 'utf8' });
  const shown = (uplift: RunningUplift, fleet: readonly FleetInstance[]) =>
    Promise.all(fleet.map((instance) => uplift.shown(instance)));

  beforeAll(async () => {
    folder = await createTempFolder('uplift-backup');
    const [place, backup] = ['lost', 'backup'].map((name) => join(folder.path, name)) as [
      string,
      string,
    ];
    first = await RunningUplift.start({ ...SLOW, dir: place });
    await first.place([...ended, ...underWay]);
    const done = await first.client.triggerAll(ended);
    await first.endedByAdvancing(done);
    const open = await first.client.triggerAll(underWay);
    await first.reached('DeploymentAccepted', idsOf(underWay));
    accepted = [...done, ...open];
    before = await shown(first, ended);
    await first.stopServices(first.stack.runningServices.map(({ name }) => name));
    for (const name of UPLIFT) await first.stack.part(name).stop();
    script('backup-store', join(place, 'eventstore'), backup);

    const empty = join(folder.path, 'empty');
    script('restore-store', backup, join(empty, 'eventstore'));
    const { UPLIFT_LAGOON_URL = '', UPLIFT_LAGOON_TOKEN = '' } = first.stack.env;
    second = await RunningUplift.start({
      ...SLOW,
      dir: empty,
      infrastructure: UPLIFT,
      env: { UPLIFT_LAGOON_URL, UPLIFT_LAGOON_TOKEN },
    });
  });

  afterAll(async () => {
    await second?.stop();
    await first?.stop();
    await folder.remove();
  });

  it('shows every instance as it was', async () => {
    const same = ({ instanceId, status, revision }: InstanceDocument) => ({
      instanceId,
      status,
      revision,
    });
    expect((await shown(second, ended)).map(same)).toEqual(before.map(same));
  });

  it('goes on with what was under way, and deploys nothing twice', async () => {
    await second.endedByAdvancing(accepted);
    await expectUpgradedOnce(second, [...ended, ...underWay], accepted);
  });

  it('fills the bus and the read model from the store, and proves the history', async () => {
    await expectBusIsStore(second);
    await expectSoundAudit(second);
  });

  it('counts the upgrades of before the disaster and after it once', async () => {
    const port = second.stack.service('watchdog').port('health');
    const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const counts = [...page.matchAll(/^uplift_upgrades_total\{.*\} (\d+)$/gm)].map(([, n]) =>
      Number(n),
    );
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(accepted.length);
  });
});
