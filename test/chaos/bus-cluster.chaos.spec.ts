import type { TempFolder } from '../../tools/stack/src';
import { createTempFolder, NatsCluster } from '../../tools/stack/src';
import { followersOf, leaderOf } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import { idsOf, makeFleet } from '../support/fleet';
import {
  expectAcknowledgedOnce,
  expectBusIsStore,
  expectSoundAudit,
  expectUpgradedOnce,
} from '../support/run-checks';
import { RunningUplift } from '../support/running-uplift';
import { acknowledged } from '../support/uplift-client';

const FLEET = 40;
const EARLY = 24;
const FEW = 5;
/** A frozen node is noticed in 5 s, the election of a new leader takes up to 10 s. */
const STANDS_MS = 20_000;
/** More than a loaded machine needs: nothing is promised of it. */
const WHOLE_MS = 60_000;

describe('a bus of three nodes', () => {
  let folder: TempFolder;
  let cluster: NatsCluster;
  let uplift: RunningUplift;
  let putBack = (): Promise<void> => Promise.resolve();
  const isWhole = () =>
    eventually(async () => expect(await followersOf(uplift.bus)).toBe(2), WHOLE_MS);

  beforeAll(async () => {
    folder = await createTempFolder('uplift-cluster');
    cluster = await NatsCluster.start(folder.path);
    uplift = await RunningUplift.start({
      clockSpeed: 240,
      infrastructure: ['eventstore', 'postgres', 'lagoon'],
      env: {
        UPLIFT_NATS_URL: cluster.url,
        UPLIFT_BUS_REPLICAS: '3',
        UPLIFT_ACK_WAIT_MS: '1500',
      },
    });
    await isWhole();
  });

  afterEach(() => putBack());

  afterAll(async () => {
    await uplift.stop();
    await cluster.stop();
    await folder.remove();
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'builds everything once, and goes on soon, when its leader gets %s in the middle of upgrades',
    async (signal) => {
      const { client, log } = uplift;
      const fleet = makeFleet(FLEET);
      await uplift.place(fleet);
      const trigger = (instance: (typeof fleet)[number], n: number) =>
        acknowledged(() => client.trigger(instance, n % 2 === 0 ? 'bus' : 'http'));
      const early = fleet.slice(0, EARLY).map(trigger);
      await uplift.reached('DeploymentAccepted', idsOf(fleet), FEW);
      const node = cluster.node(await leaderOf(uplift.bus));
      putBack = async () => {
        if (signal === 'SIGSTOP') node.signal('SIGCONT');
        else await node.restart();
        await isWhole();
      };
      node.signal(signal);
      const accepted = await Promise.all([...early, ...fleet.slice(EARLY).map(trigger)]);
      const asked = log.events.length;
      await eventually(async () => {
        expect(await uplift.bus.lastSequence()).toBeGreaterThanOrEqual(asked);
      }, STANDS_MS);
      await uplift.ended(accepted);
      expectAcknowledgedOnce(uplift, fleet, accepted);
      await expectUpgradedOnce(uplift, fleet, accepted);
      await expectBusIsStore(uplift);
      await expectSoundAudit(uplift);
    },
  );
});
