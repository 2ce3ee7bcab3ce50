import type { Actor, StoredEvent } from '@uplift/contracts';
import { CLOCK_STREAM, splitStreamName } from '@uplift/contracts';
import type { StreamHead, SystemHistory } from '@uplift/event-store';
import { foldOfValue, NO_STREAM, RevisionConflictError } from '@uplift/event-store';
import type { Clock } from '@uplift/runtime';

const CORRELATION_ID = splitStreamName(CLOCK_STREAM).id;

/** Asks the store for the time with an event of its own, which comes back by the tail with the store's time on it. */
export class ClockCheck {
  private head: StreamHead = NO_STREAM;
  private newestId = CORRELATION_ID;
  /** For checkpoints. */
  readonly fold = foldOfValue(
    { name: 'clock stream', version: 1 },
    () => ({ head: this.head, newestId: this.newestId }),
    (known) => {
      this.head = known?.head ?? NO_STREAM;
      this.newestId = known?.newestId ?? CORRELATION_ID;
    },
  );

  constructor(
    private readonly history: SystemHistory,
    private readonly actor: Actor,
    private readonly clock: Clock,
  ) {}

  /** Every event of the store, so that none has to be read for asking. */
  observe({ stream, revision, metadata, id }: StoredEvent): void {
    if (stream !== CLOCK_STREAM) return;
    this.head = { revision, hash: metadata.hash };
    this.newestId = id;
  }

  /**
   * Another process that asks at the same time has asked for this one, too. What the tail does not tell, such as a
   * link, may stand at the end of the stream as well: the next question has to follow it.
   */
  async ask(): Promise<void> {
    const { head, newestId: causationId, actor } = this;
    const clock = new Date(this.clock.wall()).toISOString();
    const cause = { causationId, step: 'ClockChecked', correlationId: CORRELATION_ID, actor };
    try {
      const asked = [{ type: 'ClockChecked', data: { clock } } as const];
      await this.history.streams.append(CLOCK_STREAM, head, asked, cause);
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      const last = await this.history.streams.last(CLOCK_STREAM);
      if (last !== null) this.observe(last);
    }
  }
}
