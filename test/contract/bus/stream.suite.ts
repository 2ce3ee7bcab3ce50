import {
  NatsBusConnection,
  PublishRun,
  type BusConnection,
  type Delivery,
  type PublishAnswer,
} from '@uplift/bus';
import { encodeEvent, EVENTS_STREAM, type BusMessage } from '@uplift/contracts';
import { anEvent, reconnected, type BusUnderTest } from './bus-under-test';
import { isBefore210 } from './server-release';

const STREAM = 'stream UPLIFT_EVENTS';
const AS_WANTED = { changes: [], differences: [], faults: [] };
const QUIET = { onHeartbeat: () => undefined, onEnd: () => undefined };

function aMessage(): BusMessage {
  return encodeEvent(anEvent(), { ordinal: 1, epoch: 'e' });
}

const isOld = (bus: BusConnection) => bus instanceof NatsBusConnection && isBefore210(bus.nats);

/** The stream: what is in it, and how it gets there. */
export function streamSuite(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`the stream of ${name}`, () => {
    let server: BusUnderTest;
    let bus: BusConnection;

    beforeEach(async () => {
      server = await open();
      bus = await server.connect('spec');
    });

    afterEach(async () => {
      await bus.close();
      await server.close();
    });

    /** One message, and the bus's answer. */
    async function answerTo(message: BusMessage, expectedLast: number): Promise<PublishAnswer> {
      return new Promise((resolve) => {
        const channel = bus.openPublishing((_, answer) => {
          channel.close();
          resolve(answer);
        });
        channel.send(message, expectedLast);
      });
    }

    it('is made with its consumers, and only what is missing or differs is made again', async () => {
      await expect(bus.lastSequence()).rejects.toThrow();
      expect(await bus.hasConsumer('upgrade')).toBe(false);
      const { changes } = await bus.ensureTopology();
      expect(changes).toContain(STREAM);
      expect(changes).toContain('consumer upgrade');
      expect(await bus.hasConsumer('upgrade')).toBe(true);
      expect(await bus.hasConsumer('nobody')).toBe(false);
      expect(await bus.ensureTopology()).toEqual(AS_WANTED);
      const shorter = await bus.ensureTopology({ ackWaitMs: 1_000 });
      expect(shorter.changes).toContain('consumer upgrade (ack_wait)');
      expect(shorter.changes).not.toContain(STREAM);
    });

    it('stays as its operator has set size, description and messages in hand, and says so', async () => {
      await bus.ensureTopology({ maxBytes: 1_000_000 });
      const size = { max_bytes: 5_000_000_000, description: 'ours' };
      await server.configure(EVENTS_STREAM, size);
      await server.configure('upgrade', { max_ack_pending: 77 });
      const report = await bus.ensureTopology({ maxBytes: 1_000_000 });
      expect(report).toMatchObject({ changes: [], faults: [] });
      expect(report.differences).toEqual([
        'UPLIFT_EVENTS: max_bytes is 5000000000, set here: 1000000',
        expect.stringContaining('UPLIFT_EVENTS: description is "ours"'),
        'upgrade: max_ack_pending is 77, set here: 20000',
      ]);
      expect(await bus.ensureTopology({ maxBytes: 1_000_000 })).toEqual(report);
    });

    it('is corrected where events could get lost or elsewhere, and the operator keeps the rest', async () => {
      await bus.ensureTopology();
      await server.configure(EVENTS_STREAM, {
        ...{ max_age: 60_000_000_000, discard: 'old', allow_direct: true, max_msgs: 9 },
        ...{ subjects: ['uplift.evt.v1.instance.>'], max_bytes: 5_000_000_000 },
        ...(isOld(bus)
          ? {}
          : { republish: { src: 'uplift.evt.v1.instance.>', dest: 'elsewhere.>' } }),
      });
      await server.configure('upgrade', { ...{ headers_only: true, max_batch: 3 } });
      const { changes, differences } = await bus.ensureTopology();
      expect(changes).toEqual([
        `${STREAM} (subjects, discard, max_age, max_msgs, allow_direct${isOld(bus) ? '' : ', republish'})`,
        'consumer upgrade (headers_only, max_batch)',
      ]);
      expect(differences).toEqual(['UPLIFT_EVENTS: max_bytes is 5000000000, set here: none']);
      expect(await bus.ensureTopology()).toMatchObject({ changes: [], differences });
    });

    it('says what of it is not as it must be, and leaves it', async () => {
      await bus.ensureTopology();
      expect(await bus.streamFaults()).toEqual([]);
      await server.configure(EVENTS_STREAM, { max_msgs: 9, max_bytes: 5_000_000_000 });
      expect(await bus.streamFaults()).toEqual(['max_msgs']);
      expect(await bus.streamFaults()).toEqual(['max_msgs']);
    });

    it('stores a message right after the one it names, and nowhere else', async () => {
      await bus.ensureTopology();
      expect(await bus.lastSequence()).toBe(0);
      expect(await answerTo(aMessage(), 0)).toEqual({ kind: 'stored', sequence: 1 });
      expect(await answerTo(aMessage(), 0)).toMatchObject({ reason: 'wrong-sequence' });
      expect(await answerTo(aMessage(), 2)).toMatchObject({ reason: 'wrong-sequence' });
      expect(await answerTo(aMessage(), 1)).toEqual({ kind: 'stored', sequence: 2 });
      expect(await bus.lastSequence()).toBe(2);
    });

    it('gives back what it has stored', async () => {
      await bus.ensureTopology();
      const message = aMessage();
      await answerTo(message, 0);
      const found = await bus.messageAt(1);
      const { subject, headers } = message;
      expect(found).toMatchObject({ sequence: 1, subject, headers });
      expect(Buffer.from(found!.payload)).toEqual(Buffer.from(message.payload));
      expect(await bus.messageAt(2)).toBeNull();
    });

    it('finds the first message from a sequence on', async () => {
      await bus.ensureTopology();
      for (const n of [0, 1]) await answerTo(aMessage(), n);
      const found = await Promise.all([1, 2, 3].map((sequence) => bus.messageFrom(sequence)));
      expect(found.map((message) => message?.sequence)).toEqual([1, 2, undefined]);
      expect(found[1]).toEqual(await bus.messageAt(2));
    });

    it('finds the first message with a subject at a place or behind it', async () => {
      await bus.ensureTopology();
      const [one, other] = [aMessage(), aMessage()];
      for (const [n, message] of [one, other, one].entries()) await answerTo(message, n);
      const found = async (subject: string, from: number) =>
        (await bus.firstWith(subject, from))?.sequence ?? null;
      expect(await found(one.subject, 1)).toBe(1);
      expect(await found(one.subject, 2)).toBe(3);
      expect(await found(other.subject, 3)).toBeNull();
      expect(await found('uplift.evt.v1.instance.none.x', 1)).toBeNull();
    });

    it('tells how far a consumer is', async () => {
      await bus.ensureTopology();
      const state = () => bus.consumerState('pre-upgrade');
      /** Without a pause: the twin's time passes as fast as it can. */
      const reaches = async (wanted: object) => {
        const isThere = async () =>
          JSON.stringify({ ...(await state()), idleMs: 0 }) ===
          JSON.stringify({ ...wanted, idleMs: 0 });
        for (let n = 0; n < 2_000 && !(await isThere()); n += 1);
        expect(await state()).toMatchObject(wanted);
      };
      expect(await bus.consumerState('nobody')).toBeNull();
      expect(await state()).toEqual({ undelivered: 0, inHand: 0, pulls: 0, idleMs: null });
      for (const sequence of [0, 1, 2]) await answerTo(aMessage(), sequence);
      expect(await state()).toEqual({ undelivered: 3, inHand: 0, pulls: 0, idleMs: null });
      const held: Delivery[] = [];
      const pull = bus.pull(
        {
          durable: 'pre-upgrade',
          batch: 2,
          maxBytes: 1_000_000,
          expiresMs: 5_000,
          heartbeatMs: 1_000,
        },
        { onDelivery: (one) => held.push(one), ...QUIET },
      );
      await reaches({ undelivered: 1, inHand: 2, pulls: 0 });
      held.forEach((one) => one.settle({ kind: 'ack' }));
      const waiting = bus.pull(
        {
          durable: 'pre-upgrade',
          batch: 9,
          maxBytes: 1_000_000,
          expiresMs: 5_000,
          heartbeatMs: 1_000,
        },
        {
          onDelivery: (one) => one.settle({ kind: 'ack' }),
          ...QUIET,
        },
      );
      await reaches({ undelivered: 0, inHand: 0, pulls: 1 });
      const { idleMs } = (await state()) ?? { idleMs: -1 };
      if (!isOld(bus)) expect(idleMs).toBeGreaterThanOrEqual(0);
      else expect(idleMs).toBeNull();
      pull.close();
      waiting.close();
    });

    it('hands out no more bytes than a pull asks for, and the rest to the next one', async () => {
      await bus.ensureTopology();
      const large = () => ({ ...aMessage(), payload: Buffer.alloc(30_000) });
      for (const sequence of [0, 1, 2]) await answerTo(large(), sequence);
      const pulled = (maxBytes: number) =>
        new Promise<number[]>((resolve) => {
          const sequences: number[] = [];
          const times = { expiresMs: 1_000, heartbeatMs: 500 };
          bus.pull(
            { durable: 'pre-upgrade', batch: 9, maxBytes, ...times },
            {
              onHeartbeat: () => undefined,
              onEnd: (reason) => resolve(reason === 'expired' ? sequences : []),
              onDelivery: (one) => {
                sequences.push(one.sequence);
                one.settle({ kind: 'ack' });
              },
            },
          );
        });
      expect(await pulled(70_000)).toEqual([1, 2]);
      expect(await pulled(35_000)).toEqual([3]);
    });

    it('refuses what it has no room for', async () => {
      await bus.ensureTopology({ maxBytes: 3_000 });
      const large = { ...aMessage(), payload: Buffer.alloc(4_000) };
      expect(await answerTo(large, 0)).toMatchObject({ kind: 'failed', reason: 'refused' });
      expect(await bus.lastSequence()).toBe(0);
    });

    it('takes nothing before it exists', async () => {
      expect(await answerTo(aMessage(), 0)).toMatchObject({ reason: 'no-stream' });
    });

    it('confirms a run up to its first failure, and nothing after it', async () => {
      await bus.ensureTopology();
      const told: number[] = [];
      const onConfirmed = (sequence: number) => void told.push(sequence);
      const run = new PublishRun(bus, { after: 0, onConfirmed });
      const sent = Array.from({ length: 100 }, () => run.publish(aMessage()));
      await run.settled();
      expect([run.failure, run.confirmedSequence, run.unconfirmed]).toEqual([undefined, 100, 0]);
      expect([sent[0], sent[99], told]).toEqual([1, 100, sent]);
      await answerTo(aMessage(), 100);
      for (let n = 0; n < 10; n += 1) run.publish(aMessage());
      await run.settled();
      expect(run.failure).toMatchObject({ reason: 'wrong-sequence', sequence: 101 });
      expect([run.confirmedSequence, run.signal.aborted]).toEqual([100, true]);
      expect(told).toHaveLength(100);
      expect(() => run.publish(aMessage())).toThrow(run.failure);
      run.close();
    });

    it('gives a run up when its connection is lost', async () => {
      await bus.ensureTopology();
      const run = new PublishRun(bus, { after: 0, ackTimeoutMs: 200 });
      await server.kill();
      run.publish(aMessage());
      await run.settled();
      expect(run.failure).toMatchObject({ reason: 'disconnected', sequence: 1 });
      run.close();
      await reconnected(bus, () => server.start());
    });

    it('is empty after a wipe, and made again', async () => {
      await bus.ensureTopology();
      await answerTo(aMessage(), 0);
      await reconnected(bus, () => server.wipe());
      expect((await bus.ensureTopology()).changes).toContain(STREAM);
      expect(await bus.lastSequence()).toBe(0);
    });
  });
}
