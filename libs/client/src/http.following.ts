import type { HttpDoor } from './http.door';
import { isPassing, NotAnsweredError, pauseBefore } from './retries';
import { serverSentEvents, type ServerSentEvent } from './server-sent-events';
import type { UpliftEvent } from './uplift-client';
import { pause, type Waits } from './waits';

/** The service sends a sign of life every 15 s. */
const LONGEST_SILENCE_MS = 45_000;

/** Events that were not handed out: read what is the case at `position`, if it is known, and go on from there. */
export interface LeftOut {
  readonly after: string | undefined;
  readonly position: string | undefined;
}

export interface HttpFollowOptions {
  /** Only events of this instance. */
  readonly instanceId?: string;
  /** `position` of the event, or of the answer, that was seen last; `0` for all; absent: only what comes. */
  readonly after?: string;
  /** Called when events were left out, because they are too many to be sent again. Without it that is an error. */
  readonly onLeftOut?: (leftOut: LeftOut) => void | Promise<void>;
  /** Ends the events, as leaving the loop does. */
  readonly signal?: AbortSignal;
}

/** Too many events have happened since: read the present state, and follow again from its position. */
export class EventsLeftOutError extends Error {
  override readonly name = 'EventsLeftOutError';
  constructor(readonly leftOut: LeftOut) {
    super(
      `Events after ${leftOut.after ?? 'the beginning of the connection'} were left out: read the present state, then follow on from there`,
    );
  }
}

/** One stream of events, over as many connections as it takes. */
export class HttpFollowing {
  private readonly ended = new AbortController();
  private seen: string | undefined;
  private wasOpen = false;
  private failures = 0;

  constructor(
    private readonly door: HttpDoor,
    private readonly waits: Waits,
    private readonly options: HttpFollowOptions,
  ) {
    this.seen = options.after;
  }

  async *events(): AsyncGenerator<UpliftEvent, void, undefined> {
    const end = () => this.ended.abort();
    const { signal } = this.options;
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    try {
      yield* this.connections();
    } finally {
      signal?.removeEventListener('abort', end);
      end();
    }
  }

  private async *connections(): AsyncGenerator<UpliftEvent, void, undefined> {
    while (!this.isOver) {
      yield* this.oneConnection();
      if (!this.isOver) await this.beforeTheNext();
    }
  }

  private get isOver(): boolean {
    return this.ended.signal.aborted;
  }

  private async *oneConnection(): AsyncGenerator<UpliftEvent, void, undefined> {
    try {
      for await (const frame of this.frames()) yield* await this.eventsIn(frame);
    } catch (error) {
      if (!this.isOver && !isPassing(error)) throw error;
    }
  }

  /** One, or none: what other frames there are is for us. */
  private async eventsIn({ name, id, data }: ServerSentEvent): Promise<readonly UpliftEvent[]> {
    if (name === 'resync') await this.leaveOut(id);
    if (name !== 'event') return [];
    this.seen = id;
    return [JSON.parse(data) as UpliftEvent];
  }

  private async *frames(): AsyncGenerator<ServerSentEvent, void, undefined> {
    const silence = new AbortController();
    const alarm = () => this.waits.after(LONGEST_SILENCE_MS, () => silence.abort());
    let callOff = alarm();
    const end = () => silence.abort();
    this.ended.signal.addEventListener('abort', end);
    try {
      const body = await this.open(silence.signal);
      yield* serverSentEvents(
        heard(body, () => {
          callOff();
          callOff = alarm();
        }),
      );
    } finally {
      callOff();
      this.ended.signal.removeEventListener('abort', end);
      end();
    }
  }

  private async open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { instanceId } = this.options;
    const parameters =
      instanceId === undefined ? '' : `?instanceId=${encodeURIComponent(instanceId)}`;
    const headers = {
      accept: 'text/event-stream',
      ...(this.seen === undefined ? {} : { 'last-event-id': this.seen }),
    };
    const { body } = await this.door.open(`/v1/events${parameters}`, { headers, signal });
    this.wasOpen = true;
    this.failures = 0;
    return (body ?? []) as AsyncIterable<Uint8Array>;
  }

  /** Whoever has seen no event yet cannot say what to go on from. */
  private async beforeTheNext(): Promise<void> {
    if (this.wasOpen && this.seen === undefined) await this.leaveOut(undefined);
    this.failures += 1;
    await pause(this.waits, pauseBefore(this.waits, this.failures), this.ended.signal);
  }

  private async leaveOut(position: string | undefined): Promise<void> {
    const leftOut = { after: this.seen, position };
    const { onLeftOut } = this.options;
    if (onLeftOut === undefined) throw new EventsLeftOutError(leftOut);
    await onLeftOut(leftOut);
    this.seen = position ?? this.seen;
  }
}

/** A connection that breaks is one more that did not answer. */
async function* heard(
  chunks: AsyncIterable<Uint8Array>,
  onChunk: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of chunks) {
      onChunk();
      yield chunk;
    }
  } catch (cause) {
    throw new NotAnsweredError('The connection to the command API was lost', { cause });
  }
}
