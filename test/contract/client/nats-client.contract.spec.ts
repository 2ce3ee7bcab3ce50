import { overNats, type UpliftClient } from '@uplift/client';
import {
  COMMAND_SUBJECTS,
  encodeEvent,
  encodeProblem,
  EVENT_SUBJECT_ROOT,
  EVENTS_STREAM,
  goldenEvents,
  problem,
  QUERY_SUBJECTS,
} from '@uplift/contracts';
import type { EncodedReply, StoredEvent } from '@uplift/contracts';
import { AckPolicy, connect, headers as newHeaders } from 'nats';
import type { Msg, MsgHdrs, NatsConnection } from 'nats';
import { createTempFolder, NatsServer } from '../../../tools/stack/src';
import type { TempFolder } from '../../../tools/stack/src';

type NatsClient = Awaited<ReturnType<typeof overNats>>;

const DURABLE = 'billing';
const STREAM = 'instance-0b1c6c0e-0000-4000-8000-00000000000a';
const INPUT = { instanceId: STREAM.slice('instance-'.length), reason: 'newest version' };

let folder: TempFolder;
let server: NatsServer;
let nats: NatsConnection;
let client: NatsClient;

beforeAll(async () => {
  folder = await createTempFolder();
  server = await NatsServer.start({ dir: folder.path });
  nats = await connect({ servers: server.url });
  client = await overNats(
    { servers: server.url, inboxPrefix: '_INBOX_billing' },
    { actorToken: 't1' },
  );
});

afterAll(async () => {
  await client.close();
  await nats.close();
  await server.stop();
  await folder.remove();
});

/** Serves one subject for one test; answers with what it was sent. */
function serves(subject: string, ...replies: readonly (EncodedReply | object | 'silence')[]) {
  const got: Msg[] = [];
  nats.subscribe(subject, {
    max: replies.length,
    callback: (_, message) => {
      const reply = replies[got.length];
      got.push(message);
      if (reply === undefined || reply === 'silence') return;
      if ('payload' in reply) message.respond(reply.payload, { headers: headersOf(reply.headers) });
      else message.respond(JSON.stringify(reply));
    },
  });
  return got;
}

function headersOf(fields: Readonly<Record<string, string>>): MsgHdrs {
  const headers = newHeaders();
  Object.entries(fields).forEach(([name, value]) => headers.set(name, value));
  return headers;
}

const refusing = (code: Parameters<typeof problem>[0]) =>
  encodeProblem({ kind: 'json' }, problem(code, 'no'));

describe('the client over NATS', () => {
  it('sends a command with its key and the token of whom it acts for, and reads the answer', async () => {
    const got = serves(COMMAND_SUBJECTS.triggerUpgrade, { upgradeId: 'u1' });
    await nats.flush();
    const answer = await client.command('triggerUpgrade', INPUT, { key: 'k1' });
    expect(answer).toEqual({ upgradeId: 'u1' });
    expect(got.map((message) => message.json())).toEqual([INPUT]);
    expect(got[0]?.reply).toMatch(/^_INBOX_billing\./);
    expect(got[0]?.headers?.get('Idempotency-Key')).toBe('k1');
    expect(got[0]?.headers?.get('Uplift-Actor-Token')).toBe('t1');
  });

  it('throws a refusal as it is, and repeats what may succeed later', async () => {
    serves(COMMAND_SUBJECTS.cancelUpgrade, refusing('overloaded'), refusing('cancel-too-late'));
    await nats.flush();
    const cancel = client.command('cancelUpgrade', { ...INPUT, upgradeId: 'u1' });
    await expect(cancel).rejects.toMatchObject({ problem: { code: 'cancel-too-late' } });
  });

  it('asks again where nobody listens yet', async () => {
    const asked = client.query('instanceStats', {});
    await nats.flush();
    serves(QUERY_SUBJECTS.instanceStats, { total: 1 });
    expect(await asked).toEqual({ total: 1 });
  });

  it('does not send what only HTTP can say', async () => {
    const command = client.command('triggerUpgrade', INPUT, { ifRevision: 3 });
    await expect(command).rejects.toThrow('ifRevision is for HTTP alone');
  });

  it('leaves a connection of the caller open', async () => {
    const own = await overNats(nats);
    await own.close();
    expect(nats.isClosed()).toBe(false);
  });
});

describe('events from a durable consumer', () => {
  const events = goldenEvents()
    .map(({ stored }) => stored)
    .filter(({ stream }) => stream === STREAM)
    .slice(0, 4);

  const publish = (event: StoredEvent, ordinal: number) => {
    const { subject, headers, payload } = encodeEvent(event, { ordinal, epoch: 'e1' });
    return nats.jetstream().publish(subject, payload, { headers: headersOf(headers) });
  };

  beforeAll(async () => {
    const manager = await nats.jetstreamManager();
    await manager.streams.add({ name: EVENTS_STREAM, subjects: [`${EVENT_SUBJECT_ROOT}.>`] });
    const consumer = { durable_name: DURABLE, ack_policy: AckPolicy.Explicit };
    await manager.consumers.add(EVENTS_STREAM, consumer);
    await publish(events[0]!, 1);
    await nats.jetstream().publish(`${EVENT_SUBJECT_ROOT}.instance.odd.x`, 'no event');
    for (const [n, event] of events.slice(1).entries()) await publish(event, n + 2);
  });

  it('are handed out in order, what is none of them told and passed over', async () => {
    const unreadable: string[] = [];
    const options = {
      durable: DURABLE,
      onUnreadable: (_: Error, subject: string) => void unreadable.push(subject),
    };
    const seen = await idsOf(client, options, 3);
    expect(seen).toEqual(events.slice(0, 3).map(({ id }) => id));
    expect(unreadable).toEqual([`${EVENT_SUBJECT_ROOT}.instance.odd.x`]);
  });

  it('begin with the one that was not dealt with, also for another process', async () => {
    const other = await overNats({ servers: server.url });
    const seen = await idsOf(other, { durable: DURABLE }, 2);
    expect(seen).toEqual(events.slice(2).map(({ id }) => id));
    await other.close();
  });

  it('end when the caller says so', async () => {
    const stop = new AbortController();
    const ids: string[] = [];
    for await (const { id } of client.follow({ durable: DURABLE, signal: stop.signal })) {
      ids.push(id);
      stop.abort();
    }
    expect(ids).toEqual([events[3]!.id]);
  });

  it('look as they do over HTTP', async () => {
    await publish(events[0]!, 5);
    for await (const event of client.follow({ durable: DURABLE })) {
      if (event.id !== events[0]!.id) continue;
      const { position, data, metadata, ...rest } = events[0]!;
      const shown = { ...rest, subject: INPUT.instanceId, position: position.toString() };
      expect(event).toEqual({ ...shown, data, metadata });
      break;
    }
  });

  it('cannot come from a consumer that is not there: an operator has to make it', async () => {
    const followed = idsOf(client, { durable: 'nobody' }, 1);
    await expect(followed).rejects.toThrow(
      'The consumer nobody of UPLIFT_EVENTS cannot be used: an operator makes it',
    );
  });
});

type Follow = Parameters<NatsClient['follow']>[0];

async function idsOf(follower: UpliftClient<Follow>, options: Follow, most: number) {
  const ids: string[] = [];
  for await (const { id } of follower.follow(options)) if (ids.push(id) === most) break;
  return ids;
}
