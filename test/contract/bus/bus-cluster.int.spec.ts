import type { NatsBusConnection } from '@uplift/bus';
import { connectBus, PublishRun } from '@uplift/bus';
import { encodeEvent, EVENTS_STREAM } from '@uplift/contracts';
import type { NatsServer, TempFolder } from '../../../tools/stack/src';
import { createTempFolder, NatsCluster } from '../../../tools/stack/src';
import { leaderOf } from '../../support/bus-reader';
import { eventually } from '../../support/eventually';
import { describeOnOwnServers } from '../../support/own-bus';
import { anEvent, send } from './bus-under-test';

const THREE = { replicas: 3 };

describeOnOwnServers('a cluster of three nodes', () => {
  let folder: TempFolder;
  let cluster: NatsCluster;
  const connections: NatsBusConnection[] = [];

  const connected = async (servers = cluster.url) => {
    const bus = await connectBus({ servers, name: 'spec' });
    connections.push(bus);
    return bus;
  };

  const isAt = (bus: NatsBusConnection, node: NatsServer) =>
    bus.nats.getServer() === new URL(node.url).host;

  /** One that is connected to the node, or to any other. */
  const connectedTo = async (wanted: (node: NatsServer) => boolean) => {
    for (;;) {
      const bus = await connected();
      const node = cluster.nodes.find((one) => isAt(bus, one));
      if (node && wanted(node)) return bus;
    }
  };

  const message = () => encodeEvent(anEvent(), { ordinal: 1, epoch: 'e' });

  beforeAll(async () => {
    folder = await createTempFolder();
    cluster = await NatsCluster.start(folder.path);
    const bus = await connected();
    await eventually(() => bus.ensureTopology(THREE));
  });

  afterEach(() => Promise.all(connections.splice(0).map((bus) => bus.close())));

  afterAll(async () => {
    await cluster.stop();
    await folder.remove();
  });

  it('notices within 5 s that the node which it is connected to hangs, and goes to another', async () => {
    const bus = await connected();
    const node = cluster.nodes.find((one) => isAt(bus, one))!;
    const back = new Promise<void>((resolve) => void bus.onReconnect(resolve));
    const frozenAt = performance.now();
    node.signal('SIGSTOP');
    try {
      await eventually(() => expect(bus.isConnected).toBe(false), 5_000);
      expect(performance.now() - frozenAt).toBeLessThan(5_000);
      await back;
      expect(isAt(bus, node)).toBe(false);
      await eventually(() => bus.lastSequence());
    } finally {
      node.signal('SIGCONT');
    }
  });

  it.each(['SIGSTOP', 'SIGKILL'] as const)(
    'takes messages again, in their order and once, after its leader gets %s',
    async (signal) => {
      const bus = await connected();
      await eventually(() => bus.ensureTopology(THREE));
      // A node that was frozen while it led may at first tell of a message that was never agreed on, or of none.
      const before = await eventually(() => send(bus, message(), message()));
      const leader = await eventually(async () => {
        expect(await bus.lastSequence()).toBe(before);
        return leaderOf(bus);
      });
      const node = cluster.node(leader);
      const other = await connectedTo((one) => one !== node);
      const run = new PublishRun(other, { after: before });
      node.signal(signal);
      try {
        run.publish(message());
        await run.settled();
        await eventually(async () => {
          const last = await other.lastSequence();
          expect([before, before + 1]).toContain(last);
        });
        const last = await eventually(() => send(other, message()));
        expect(last).toBeLessThanOrEqual(before + 2);
      } finally {
        run.close();
        if (signal === 'SIGSTOP') node.signal('SIGCONT');
        else await node.restart();
      }
    },
  );

  it('keeps the copies that the operator has set', async () => {
    const bus = await connected();
    await eventually(() => bus.ensureTopology(THREE));
    const differences = ['UPLIFT_EVENTS: num_replicas is 3, set here: 1'];
    const report = await bus.ensureTopology({ replicas: 1 });
    expect(report).toEqual({ changes: [], differences, faults: [] });
    const { streams } = await bus.nats.jetstreamManager();
    expect((await streams.info(EVENTS_STREAM)).config.num_replicas).toBe(3);
  });
});
