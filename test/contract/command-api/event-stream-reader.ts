export interface ReceivedEvent {
  readonly id: string;
  readonly name: string;
  readonly content: Record<string, unknown>;
}

/** Reads a stream of server-sent events as a browser would, frame by frame. */
export class EventStreamReader {
  private text = '';

  private constructor(
    readonly headers: Headers,
    private readonly reader: ReadableStreamDefaultReader<string>,
    private readonly abort: AbortController,
  ) {}

  static async open(url: string, lastEventId?: string): Promise<EventStreamReader> {
    const abort = new AbortController();
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    const { body, headers: received } = await fetch(url, { headers, signal: abort.signal });
    if (!body) throw new Error('The answer has no body');
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    return new EventStreamReader(received, reader, abort);
  }

  async nextFrame(): Promise<string> {
    while (!this.text.includes('\n\n')) {
      const { value, done } = await this.reader.read();
      if (done) throw new Error('The stream has ended');
      this.text += value;
    }
    const end = this.text.indexOf('\n\n');
    const frame = this.text.slice(0, end);
    this.text = this.text.slice(end + 2);
    return frame;
  }

  /** The next frame that carries something. */
  async nextEvent(): Promise<ReceivedEvent> {
    for (;;) {
      const frame = await this.nextFrame();
      const fields = new Map(frame.split('\n').map((line) => splitField(line)));
      const content = fields.get('data');
      if (content === undefined) continue;
      return {
        id: fields.get('id') ?? '',
        name: fields.get('event') ?? '',
        content: JSON.parse(content) as Record<string, unknown>,
      };
    }
  }

  /** The next one of a stream's own, past those of others. */
  async nextEventOf(subject: string): Promise<ReceivedEvent> {
    for (;;) {
      const event = await this.nextEvent();
      if (event.content.subject === subject) return event;
    }
  }

  close(): void {
    this.abort.abort();
  }
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}
