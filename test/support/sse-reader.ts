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
  { lastEventId, withinMs = 10_000 }: { lastEventId?: string; withinMs?: number } = {},
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
