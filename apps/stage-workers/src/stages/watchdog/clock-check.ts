import type { Actor, StoredEvent } from '@uplift/contracts';
import { CLOCK_STREAM, splitStreamName } from '@uplift/contracts';
import type { StreamHead, SystemHistory } from '@uplift/event-store';
import {
  deterministicEventId,
  foldOfValue,
  NO_STREAM,
  RevisionConflictError,
  StreamGoneError,
} from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';

const CORRELATION_ID = splitStreamName(CLOCK_STREAM).id;

/** What the next question follows. */
interface Place {
  readonly stream: string;
  readonly head: StreamHead;
  readonly newestId: string;
}

const BEGIN: Place = { stream: CLOCK_STREAM, head: NO_STREAM, newestId: CORRELATION_ID };

/** Asks the store for the time with an event of its own, which comes back by the tail with the store's time on it. */
export class ClockCheck {
  private place = BEGIN;
  /** For checkpoints. */
  readonly fold = foldOfValue<Place>(
    { name: 'clock stream', version: 2 },
    () => this.place,
    (known) => {
      this.place = known ?? BEGIN;
    },
  );

  constructor(
    private readonly history: SystemHistory,
    private readonly actor: Actor,
    private readonly clock: Clock,
  ) {}

  /** Every event of the store, so that none has to be read for asking. */
  observe({ stream, revision, metadata, id }: StoredEvent): void {
    if (stream !== this.place.stream) return;
    this.place = { stream, head: { revision, hash: metadata.hash }, newestId: id };
  }

  /**
   * Another process that asks at the same time has asked for this one, too. What the tail does not tell, such as a
   * link, may stand at the end of the stream as well: the next question has to follow it.
   */
  async ask(): Promise<void> {
    try {
      await this.append();
    } catch (error) {
      if (error instanceof StreamGoneError) await this.goOnElsewhere();
      else if (error instanceof RevisionConflictError) await this.catchUp();
      else throw error;
    }
  }

  private async append(): Promise<void> {
    const { stream, head, newestId: causationId } = this.place;
    const clock = new Date(this.clock.wall()).toISOString();
    const cause = { step: 'ClockChecked', correlationId: CORRELATION_ID, actor: this.actor };
    const asked = [{ type: 'ClockChecked', data: { clock } } as const];
    await this.history.streams.append(stream, head, asked, { ...cause, causationId });
  }

  private async catchUp(): Promise<void> {
    const last = await this.history.streams.last(this.place.stream);
    if (last !== null) this.observe(last);
    else this.place = { ...this.place, head: NO_STREAM };
  }

  /** Nothing can be written any more to a stream that was tombstoned: there is one that every process comes to next. */
  private async goOnElsewhere(): Promise<void> {
    const { id } = splitStreamName(this.place.stream);
    const stream = `system-${deterministicEventId(id, 'ClockStream', 0)}`;
    this.place = { stream, head: NO_STREAM, newestId: splitStreamName(stream).id };
    await this.ask();
  }
}
