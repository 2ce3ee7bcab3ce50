import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { NatsBusConnection, PublishRun } from '@uplift/bus';
import type { FindingDocument, StoredEvent } from '@uplift/contracts';
import { encodeEvent, EVENTS_STREAM, FINDINGS_STREAM, instanceStream } from '@uplift/contracts';
import type { BusMessage } from '@uplift/contracts';
import type { FindingKind } from '@uplift/domain';
import { headOf, linkEvents, NO_STREAM } from '@uplift/event-store';
import { readable } from '../support/bus-reader';
import { eventually } from '../support/eventually';
import { idsOf, makeFleet } from '../support/fleet';
import { acknowledged } from '../support/uplift-client';
import type { RunningUplift } from '../support/running-uplift';
import { upliftForAll } from '../support/running-uplift';

/** The process believes that it is ten minutes later. */
const AHEAD = '--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+600000';

interface FindingPage {
  readonly items: readonly FindingDocument[];
  readonly openByKind: Readonly<Record<string, number>>;
}

describe('the findings page, over a store and a bus with each kind of thing in them', () => {
  const running = upliftForAll({
    clockSpeed: 480,
    services: ['relay', 'projector', 'command-api', 'watchdog'],
    eventStore: { UPLIFT_EMBEDDED_EVENTSTORE_ALLOW_DELETES: 'true' },
    env: {
      UPLIFT_AUDIT_INTERVAL_MS: '500',
      UPLIFT_AUDIT_WHOLE_MS: '2000',
      UPLIFT_AUDIT_SHARE_PERCENT: '100',
    },
  });
  const fleet = makeFleet(9);
  const streams = idsOf(fleet).map(instanceStream);
  let uplift: RunningUplift;
  let outsider: EventStoreDBClient;
  let epoch: string;
  let flippedAt: number;
  let forgedAt: number;
  let deletedAt: number;

  const stream = (n: number) => streams[n] ?? '';
  const page = async (query = '') => {
    await uplift.readModelCaughtUp();
    return uplift.client.get<FindingPage>(`/v1/system/findings${query}`);
  };
  const found = (kind: FindingKind, subject: string) =>
    eventually(async () => {
      const { items } = await page(`?kind=${kind}&open=true&limit=100`);
      const finding = items.find((each) => each.subject === subject);
      expect({ kind, subject, found: finding?.subject, items }).toMatchObject({ found: subject });
      return finding;
    });
  const send = async (message: BusMessage) => {
    const run = new PublishRun(uplift.bus, { after: await uplift.bus.lastSequence() });
    run.publish(message);
    await run.settled();
    run.close();
    return uplift.bus.lastSequence();
  };
  const newestOnBus = async () => {
    const message = await uplift.bus.messageAt(await uplift.bus.lastSequence());
    if (!message) throw new Error('The last message is gone');
    return readable(message);
  };
  const relayed = async () => {
    const newest = await uplift.store.lastPosition();
    await eventually(async () => expect((await newestOnBus()).event.position).toBe(newest));
  };

  beforeAll(async () => {
    uplift = running();
    outsider = EventStoreDBClient.connectionString(uplift.stack.url('eventstore'));
    await acknowledged(() => uplift.client.registerAll(fleet.slice(0, 6)));
    await relayed();
    await uplift.stopServices(['relay', 'watchdog']);
    deletedAt = await loseOnDisk(uplift, stream(4));
    await acknowledged(() => uplift.client.registerAll(fleet.slice(6, 8)));
    await misuseBus();
    await misuseStore();
    await reconfigureBus();
    await uplift.startServices(['watchdog']);
    // A name of its own, because the other one has the same host and the right time.
    const env = { NODE_OPTIONS: AHEAD, UPLIFT_WORKER_ID: 'ahead' };
    await uplift.stack.startService('watchdog', 'watchdog-2', env);
  });
  afterAll(() => outsider.dispose());

  /** Somebody publishes before the relay does: an event with other content, and something made up. */
  async function misuseBus() {
    const { event, proof } = await newestOnBus();
    const { events } = await uplift.store.readAll(event.position, 1);
    const [next] = events as [StoredEvent];
    ({ epoch } = proof);
    const flipped = { ...next, data: { ...next.data, app: 'flipped' } };
    flippedAt = await send(encodeEvent(flipped, { epoch, ordinal: proof.ordinal + 1 }));
    forgedAt = await send({
      subject: 'uplift.evt.v1.instance.upgrade-requested.x',
      headers: {},
      payload: Buffer.from('garbage'),
    });
  }

  async function reconfigureBus() {
    if (!(uplift.bus instanceof NatsBusConnection)) throw new TypeError('No server');
    const { streams } = await uplift.bus.nats.jetstreamManager();
    await streams.update(EVENTS_STREAM, { max_msgs: 1_000_000 });
  }

  async function misuseStore() {
    const probe = jsonEvent({ type: 'Probe', data: { a: 1 } });
    await outsider.appendToStream('ops-test', probe);
    await outsider.appendToStream(stream(0), jsonEvent({ type: 'Probe', data: { a: 1 } }));
    const { id: _, ...event } = (await uplift.store.load(stream(1)))[0]!;
    const metadata = { ...event.metadata, schemaVersion: 2 };
    const newer = { type: event.type, data: event.data as Record<string, unknown>, metadata };
    await outsider.appendToStream(stream(1), jsonEvent(newer));
    const known = headOf(await uplift.store.load(stream(2)));
    await uplift.store.append(stream(2), { ...known, hash: NO_STREAM.hash }, [
      { ...event, id: crypto.randomUUID() },
    ]);
    await outsider.deleteStream(stream(3));
  }

  it.each<[FindingKind, () => string]>([
    ['foreign-events', () => 'ops'],
    ['unreadable-event', () => stream(0)],
    ['newer-version', () => 'instance.InstanceRegistered v2'],
    ['broken-chain', () => stream(2)],
    ['stream-gone', () => stream(3)],
    ['missing-message', () => `${epoch}/ordinal ${deletedAt}`],
    ['bus-differs', () => `${epoch}/message ${flippedAt}`],
    ['forged-message', () => `${epoch}/message ${forgedAt}`],
    ['bus-settings', () => EVENTS_STREAM],
  ])('shows %s', async (kind, subject) => {
    const finding = await found(kind, subject());
    expect(finding).toMatchObject({ count: 1, open: true, closedAt: null });
  });

  it('shows a clock that differs', async () => {
    // The time of the store is told by what is appended.
    await acknowledged(() => uplift.client.registerAll(fleet.slice(8)));
    const finding = await eventually(async () => {
      const { items } = await page('?kind=clock-skew&open=true');
      expect(items).toHaveLength(1);
      return items[0];
    });
    expect(finding?.detail).toMatch(/differ by 60\d s/);
    expect(finding?.subject).toMatch(/\/ahead$/);
  });

  it('shows none of them twice, although two watchdogs look', async () => {
    const told = (await uplift.store.load(FINDINGS_STREAM))
      .filter(({ type }) => type === 'FindingRecorded')
      .map(({ data }) => {
        const { findingId, count } = data as FindingDocument;
        return `${findingId} ${count}`;
      });
    expect(new Set(told).size).toBe(told.length);
    const { body } = await metrics(uplift);
    expect(body).toContain('uplift_findings{kind="forged-message"} 1');
  });

  it('lets an operator close one, and opens it again when there is more of it', async () => {
    const finding = await found('foreign-events', 'ops');
    const id = finding?.findingId ?? '';
    const closed = await uplift.cli('system', 'close-finding', id, '--reason', 'a tool of ours');
    expect(closed).toMatchObject({ code: 0 });
    await uplift.readModelCaughtUp();
    const listed = await uplift.cli('-o', 'jsonl', 'system', 'findings', '--closed');
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(id) as string });

    await outsider.appendToStream('ops-test', jsonEvent({ type: 'Probe', data: { a: 2 } }));

    const again = await eventually(async () => {
      const { items } = await page('?kind=foreign-events&open=true');
      expect(items).toHaveLength(1);
      return items[0];
    });
    expect(again).toMatchObject({ findingId: id, count: 2, closedAt: null });
  });

  it('shows that the bus holds what the store has lost', async () => {
    const { proof } = readable((await uplift.bus.messageAt(flippedAt))!);
    const head = headOf(await uplift.store.load(stream(5)));
    const [registered] = await uplift.store.load(stream(5));
    const { hash: _, ...written } = registered!.metadata;
    const lostEvent = { ...registered!, id: crypto.randomUUID(), metadata: written };
    const [lost] = linkEvents(stream(5), head, [lostEvent]).events;
    const position = ((await uplift.store.lastPosition()) ?? 0n) + 1_000_000n;
    const { recordedAt } = registered!;
    const { id, type, revision, data, metadata } = lost!;
    const event = { id, type, stream: stream(5), revision, data, metadata, position, recordedAt };
    await send(encodeEvent(event, { epoch, ordinal: proof.ordinal + 1 }));

    await found('store-diverged', epoch);
  });
});

/** A byte of the disk of the bus turns: the server does not show the message any more. Its ordinal. */
async function loseOnDisk(uplift: RunningUplift, stream: string): Promise<number> {
  const [event] = await uplift.store.load(stream);
  const nats = uplift.stack.part('nats');
  await nats.kill('SIGTERM');
  const dir = join(uplift.stack.dir, 'nats');
  const files = await readdir(dir, { recursive: true });
  for (const file of files.filter((each) => each.endsWith('.blk'))) {
    const bytes = await readFile(join(dir, file));
    const at = bytes.indexOf(event!.id);
    if (at < 0) continue;
    bytes[at] = bytes[at]! ^ 1;
    await writeFile(join(dir, file), bytes);
  }
  await nats.restart();
  const last = await eventually(() => uplift.bus.lastSequence());
  for (let sequence = 1; sequence <= last; sequence += 1) {
    if ((await uplift.bus.messageAt(sequence)) === null) return sequence;
  }
  throw new Error('No message was lost');
}

async function metrics(uplift: RunningUplift): Promise<{ readonly body: string }> {
  const port = uplift.stack.service('watchdog').port('health');
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return { body: await response.text() };
}
