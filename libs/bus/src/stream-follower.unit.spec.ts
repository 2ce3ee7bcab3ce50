import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import type { MessageOnBus } from './bus-connection.port';
import { WEBHOOKS_CONSUMER } from './bus-topology';
import { StreamFollower } from './stream-follower';
import { InMemoryBus, InMemoryBusConnection } from './testing';

const SECOND = 1_000;

/** What followers of one stream keep together: as a database would, in order and each message once. */
class Keeper {
  readonly kept: string[] = [];
  private stream = '';
  isAway = false;
  constructor(private readonly connection: () => InMemoryBusConnection) {}

  async keptUpTo() {
    if (this.isAway) throw new Error('away');
    const { createdAt } = await this.connection().streamFill();
    if (createdAt !== this.stream) this.kept.length = 0;
    this.stream = createdAt;
    return { sequence: this.kept.length };
  }

  async keep(messages: readonly MessageOnBus[]): Promise<void> {
    await Promise.resolve();
    if (this.isAway) throw new Error('away');
    for (const { sequence, subject } of messages) {
      if (sequence <= this.kept.length) continue;
      if (sequence !== this.kept.length + 1) throw new Error(`${sequence} is too early`);
      this.kept.push(subject);
    }
  }
}

async function setUp() {
  const clock = new VirtualClock();
  const bus = new InMemoryBus({ clock, randomness: new SeededRandomness(1) });
  const connect = (name: string) => new InMemoryBusConnection(bus, name);
  const relay = connect('relay');
  await relay.ensureTopology();
  const keeper = new Keeper(() => relay);
  const errors: string[] = [];
  let sent = 0;
  const publish = async (...names: readonly string[]) => {
    const channel = relay.openPublishing(() => undefined);
    for (const name of names) {
      const subject = `uplift.evt.v1.instance.tested.${name}`;
      channel.send({ subject, headers: {}, payload: Buffer.from('{}') }, sent);
      sent += 1;
    }
    await clock.advance(0);
    channel.close();
  };
  const follow = (connection = connect('follower')) => {
    const follower = new StreamFollower(
      connection,
      { ...WEBHOOKS_CONSUMER, batch: 4 },
      {
        keptUpTo: () => keeper.keptUpTo(),
        keep: (messages) => keeper.keep(messages),
        onError: (error) => errors.push(String(error)),
        onBeat: () => undefined,
      },
    );
    follower.start();
    return { follower, connection };
  };
  const names = () => keeper.kept.map((subject) => subject.split('.').at(-1));
  const stop = async ({ follower }: ReturnType<typeof follow>) => {
    const stopped = follower.stop();
    await clock.advance(SECOND);
    await stopped;
  };
  const anew = async () => {
    bus.wipe();
    sent = 0;
    await clock.advance(0);
    await relay.ensureTopology();
  };
  return { clock, bus, keeper, errors, publish, follow, stop, names, anew, relay };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => String(n));

it('keeps every message in the order of the stream, and acknowledges what is kept', async () => {
  const { clock, bus, publish, follow, stop, names } = await setUp();
  await publish(...numbers(11));
  const following = follow();
  await clock.advance(SECOND);
  await publish('a', 'b');
  await clock.advance(SECOND);
  expect(names()).toEqual([...numbers(11), 'a', 'b']);
  expect(bus.undone(WEBHOOKS_CONSUMER.durable)).toBe(0);
  await stop(following);
});

it('acknowledges nothing that is not kept, and keeps it later', async () => {
  const { clock, bus, keeper, errors, publish, follow, stop, names } = await setUp();
  keeper.isAway = true;
  const following = follow();
  await publish(...numbers(6));
  await clock.advance(20 * SECOND);
  expect([names(), bus.undone(WEBHOOKS_CONSUMER.durable)]).toEqual([[], 6]);
  expect(new Set(errors)).toEqual(new Set(['Error: away']));
  keeper.isAway = false;
  await clock.advance(20 * SECOND);
  expect([names(), bus.undone(WEBHOOKS_CONSUMER.durable)]).toEqual([numbers(6), 0]);
  await stop(following);
});

describe('what another process has in hand', () => {
  /** Somebody takes the first messages, and says nothing more. */
  async function taken(count: number) {
    const all = await setUp();
    const { clock, relay, publish } = all;
    await publish(...numbers(count));
    const sequences: number[] = [];
    const times = { expiresMs: 5_000, heartbeatMs: 1_000 };
    relay.pull(
      { durable: WEBHOOKS_CONSUMER.durable, batch: count, maxBytes: 1_000_000, ...times },
      {
        onDelivery: ({ sequence }) => sequences.push(sequence),
        onHeartbeat: () => undefined,
        onEnd: () => undefined,
      },
    );
    await clock.advance(0);
    expect(sequences).toHaveLength(count);
    return all;
  }

  it('is read from the stream', async () => {
    const { clock, publish, follow, stop, names } = await taken(6);
    const following = follow();
    await publish('a');
    await clock.advance(SECOND);
    expect(names()).toEqual([...numbers(6), 'a']);
    await stop(following);
  });

  it('holds nothing back once it was deleted', async () => {
    const { clock, bus, publish, follow, stop, names } = await taken(3);
    bus.remove(2);
    const following = follow();
    await publish('a');
    await clock.advance(SECOND);
    expect(names()).toEqual(['0', '', '2', 'a']);
    await stop(following);
  });
});

it('begins again with a stream that was made anew', async () => {
  const { clock, publish, follow, stop, names, anew } = await setUp();
  await publish('a', 'b', 'c');
  const following = follow();
  await clock.advance(SECOND);
  await anew();
  await publish('d', 'e');
  await clock.advance(20 * SECOND);
  expect(names()).toEqual(['d', 'e']);
  await stop(following);
});

it('is one with others: each message is kept once, whoever gets it', async () => {
  const { clock, publish, follow, stop, names } = await setUp();
  const [one, other] = [follow(), follow()];
  await publish(...numbers(30));
  await clock.advance(5 * SECOND);
  await stop(one);
  await publish('a', 'b');
  await clock.advance(20 * SECOND);
  expect(names()).toEqual([...numbers(30), 'a', 'b']);
  await stop(other);
});
