import type { EventDocument, EventPage } from '@uplift/contracts';
import { isProblemDetails } from '@uplift/contracts';
import type { CancelTimer, Clock } from '@uplift/runtime';
import type { ServerSentEvent } from '../api-client';
import type { CliContext } from '../cli-context';
import { CommandFailure, EXIT } from '../exit-code';

/* Times in milliseconds. */

/** The API beats every 15 s: a connection on which nothing comes for so long is gone. */
const SILENCE_MS = 45_000;
/** Without a connection. */
const GIVE_UP_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const PAGE_LENGTH = 100;

type Events = AsyncGenerator<EventDocument, void>;

/** The events of one instance from its first, in order, each once, over as many connections as that takes. */
export class FollowedEvents {
  /** Of the event that was given out last. */
  private revision = -1;
  /** Of the frame that was seen last. */
  private position = '0';
  private lostAt: number | null = null;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(
    private readonly context: CliContext,
    private readonly instanceId: string,
    private readonly signal: AbortSignal,
  ) {}

  /** Ends only with the signal, or with a failure: `connectionLost`, or what the API refuses. */
  async *read(): Events {
    for (;;) {
      this.noteLoss(yield* this.readUntilLost());
      await this.context.clock.pause(this.pauseMs, this.signal);
      this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** Over one connection; returns why it is no more. */
  private async *readUntilLost(): AsyncGenerator<EventDocument, string> {
    const connection = new Connection(this.context.clock);
    try {
      yield* this.readOver(connection);
      return 'it ended';
    } catch (error) {
      if (this.signal.aborted) throw error;
      if (connection.isSilent) return `nothing came for ${SILENCE_MS / 1_000} s`;
      if (!isPassing(error)) throw error;
      return error.message;
    } finally {
      connection.close();
    }
  }

  private async *readOver(connection: Connection): Events {
    const frames = this.context.api.events(
      `/v1/events?instanceId=${encodeURIComponent(this.instanceId)}`,
      {
        headers: { 'last-event-id': this.position },
        signal: AbortSignal.any([this.signal, connection.signal]),
        onBytes: () => {
          connection.hear();
          this.noteConnection();
        },
      },
    );
    for await (const frame of frames) {
      yield* this.eventsIn(frame);
      this.position = frame.id ?? this.position;
    }
  }

  private async *eventsIn({ type, data }: ServerSentEvent): Events {
    if (type === 'closed') return;
    if (type === 'resync') return yield* this.missed();
    const event = JSON.parse(data) as EventDocument;
    if (event.revision > this.revision + 1) yield* this.missed();
    if (event.revision === this.revision + 1) yield this.next(event);
  }

  /** What no frame has brought, from the store itself. */
  private async *missed(): Events {
    for (let from: number | null = this.revision + 1; from !== null;) {
      const page: EventPage = await this.pageFrom(from);
      yield* this.newIn(page);
      from = page.nextRevision;
    }
  }

  private pageFrom(revision: number): Promise<EventPage> {
    const path = `/v1/instances/${encodeURIComponent(this.instanceId)}/events`;
    const query = `from=${revision}&limit=${PAGE_LENGTH}`;
    return this.context.api.json(`${path}?${query}`, { signal: this.signal });
  }

  private *newIn({ items }: EventPage): Generator<EventDocument, void> {
    for (const event of items) {
      if (event.revision === this.revision + 1) yield this.next(event);
    }
  }

  private next(event: EventDocument): EventDocument {
    this.revision = event.revision;
    return event;
  }

  private noteConnection(): void {
    if (this.lostAt !== null) this.context.printer.say('Connected again');
    this.lostAt = null;
    this.pauseMs = FIRST_PAUSE_MS;
  }

  /** Said once for all attempts. Throws where they have been made for long enough. */
  private noteLoss(why: string): void {
    const now = this.context.clock.monotonic();
    if (this.lostAt === null) {
      this.lostAt = now;
      this.context.printer.say(`The connection to the command API is lost, trying again: ${why}`);
    }
    if (now - this.lostAt < GIVE_UP_MS) return;
    const words = `No connection to the command API for ${GIVE_UP_MS / 60_000} minutes: ${why}`;
    throw new CommandFailure(EXIT.connectionLost, words);
  }
}

/** One that falls silent is closed. */
class Connection {
  private readonly controller = new AbortController();
  private callOff: CancelTimer = () => undefined;
  isSilent = false;

  constructor(private readonly clock: Clock) {
    this.hear();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  hear(): void {
    this.callOff();
    this.callOff = this.clock.after(SILENCE_MS, () => {
      this.isSilent = true;
      this.controller.abort();
    });
  }

  close(): void {
    this.callOff();
    this.controller.abort();
  }
}

/** The API may answer otherwise later: it restarts, is away, or takes no more at the moment. */
function isPassing(error: unknown): error is CommandFailure {
  if (!(error instanceof CommandFailure)) return false;
  const { document, exitCode } = error;
  return (
    exitCode === EXIT.unreachable || (isProblemDetails(document) && document.retryable === true)
  );
}
