import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { PATIENCE_MS } from '../support/eventually';

export interface RawReply {
  readonly headers: string;
  readonly body: string;
}

const INBOX = '_INBOX.by-hand';

/**
 * Speaks to nats-server in its own text protocol, as `nats req` on a command line does: no client library, no
 * envelope, just the bytes given.
 */
export async function requestByHand(
  natsUrl: string,
  subject: string,
  payload: Uint8Array | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawReply> {
  const { hostname, port, username: user, password: pass } = new URL(natsUrl);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(PATIENCE_MS) });
    const options = { verbose: false, headers: true, no_responders: true, user, pass };
    socket.write(`CONNECT ${JSON.stringify(options)}\r\n`);
    socket.write(`SUB ${INBOX} 1\r\n`);
    socket.write(publication(subject, Buffer.from(payload), headers));
    return await replyOn(socket);
  } finally {
    socket.destroy();
  }
}

function publication(
  subject: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`);
  const sizes = `${head.length} ${head.length + body.length}`;
  const control = Buffer.from(`HPUB ${subject} ${INBOX} ${sizes}\r\n`);
  return Buffer.concat([control, head, body, Buffer.from('\r\n')]);
}

async function replyOn(socket: Socket): Promise<RawReply> {
  let received = Buffer.alloc(0);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer];
    received = Buffer.concat([received, chunk]);
    const reply = replyIn(received);
    if (reply) return reply;
  }
}

/** `HMSG <subject> <sid> <header bytes> <total bytes>`, or `MSG <subject> <sid> <bytes>`. */
function replyIn(received: Buffer): RawReply | undefined {
  const text = received.toString('latin1');
  const [line, ...sizes] = /H?MSG \S+ 1 (\d+)(?: (\d+))?\r\n/.exec(text) ?? [];
  if (line === undefined) return undefined;
  const [first = 0, second] = sizes.filter((size) => size !== undefined).map(Number);
  const start = text.indexOf(line) + line.length;
  const [headerBytes, totalBytes] = second === undefined ? [0, first] : [first, second];
  if (received.length < start + totalBytes) return undefined;
  return {
    headers: received.subarray(start, start + headerBytes).toString(),
    body: received.subarray(start + headerBytes, start + totalBytes).toString(),
  };
}

export interface ReceivedEvent {
  /** Position in the store. */
  readonly id: string;
  readonly name: string;
  readonly document: { readonly id: string; readonly type: string; readonly subject: string };
}

/** Reads server-sent events until enough have come, then hangs up. */
export async function receiveEvents(
  url: string,
  count: number,
  { lastEventId, withinMs = PATIENCE_MS }: { lastEventId?: string; withinMs?: number } = {},
): Promise<ReceivedEvent[]> {
  const hangUp = new AbortController();
  const signal = AbortSignal.any([hangUp.signal, AbortSignal.timeout(withinMs)]);
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  };
  const response = await fetch(url, { headers, signal });
  const received: ReceivedEvent[] = [];
  for await (const frame of framesOf(response)) {
    received.push(frame);
    if (received.length >= count) break;
  }
  hangUp.abort();
  return received;
}

async function* framesOf(response: Response): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    yield* frames.filter((frame) => frame.includes('\ndata: ')).map(parse);
  }
}

function parse(frame: string): ReceivedEvent {
  const fields = frame.split('\n').map((line) => line.split(/: (.*)/s, 2));
  const field = (name: string) => fields.find(([key]) => key === name)?.[1] ?? '';
  return {
    id: field('id'),
    name: field('event'),
    document: JSON.parse(field('data')) as ReceivedEvent['document'],
  };
}
