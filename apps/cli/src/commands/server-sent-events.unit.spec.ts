import { readServerSentEvents } from './server-sent-events';

async function parsed(...chunks: string[]) {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(encoder.encode(chunk)));
      controller.close();
    },
  });
  const events = [];
  for await (const event of readServerSentEvents(new Response(body))) events.push(event);
  return events;
}

describe('a stream of server-sent events', () => {
  it('yields id, type and data', async () => {
    expect(await parsed('id: 7\nevent: event\ndata: {"a":1}\n\n')).toEqual([
      { id: '7', type: 'event', data: '{"a":1}' },
    ]);
  });

  it('joins what the network cut', async () => {
    expect(await parsed('id: 1\nda', 'ta: x\n', '\nid: 2\ndata: y\n\n')).toEqual([
      { id: '1', type: 'message', data: 'x' },
      { id: '2', type: 'message', data: 'y' },
    ]);
  });

  it('joins lines of data and skips comments and retry hints', async () => {
    expect(await parsed(': heartbeat\n\nretry: 3000\n\ndata: a\ndata: b\n\n')).toEqual([
      { id: null, type: 'message', data: 'a\nb' },
    ]);
  });
});
