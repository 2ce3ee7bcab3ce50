import { BACKWARDS, END } from '@eventstore/db-client';
import type { AllStreamRecordedEvent, ReadPosition } from '@eventstore/db-client';
import { isOurs } from '@uplift/contracts';
import type { Try } from './esdb.connection';
import { EventStoreUnavailableError } from './event-store.port';

/** Foreign events passed over in one look at most. */
const MOST_PASSED = 100_000;

/** How a look backwards ended: at the newest event of ours, at what is known already, or at a limit. */
interface Look {
  readonly end: 'found' | 'known' | 'passed' | 'start' | 'limit';
  /** First event looked at. */
  readonly top: bigint | undefined;
  /** Last event looked at. */
  readonly at: AllStreamRecordedEvent['position'] | undefined;
}

/** Finds the newest event of ours, from the end backwards. What was looked through once is not read again. */
export class NewestOfOurs {
  /** The newest of ours among the events up to a position. */
  private known: { readonly upTo: bigint; readonly newest: bigint | null } | undefined;
  /** Events looked through, from `top` back to `at`, without finding one of ours. */
  private passed: { readonly top: bigint; readonly at: Look['at'] } | undefined;

  constructor(private readonly most = MOST_PASSED) {}

  async position(attempt: Try): Promise<bigint | null> {
    const { end, top, at } = await this.lookBack(attempt);
    if (top === undefined) return null;
    if (end === 'limit') {
      this.passed = { top, at };
      throw new EventStoreUnavailableError(
        'The newest events of the store are all of other programs; the search for ours goes on',
      );
    }
    const newest = end === 'found' ? at?.commit : this.known?.newest;
    this.known = { upTo: top, newest: newest ?? null };
    this.passed = undefined;
    return this.known.newest;
  }

  /** Leaps over what was looked through before. */
  private async lookBack(attempt: Try): Promise<Look> {
    const first = await this.look(attempt, END);
    const beyond = first.end === 'passed' ? this.passed?.at : undefined;
    return beyond ? { ...(await this.look(attempt, beyond)), top: first.top } : first;
  }

  private async look({ line, waitMs }: Try, fromPosition: ReadPosition): Promise<Look> {
    const maxCount = this.most;
    const read = line.client.readAll({ direction: BACKWARDS, fromPosition, maxCount });
    let count = 0;
    let top: bigint | undefined;
    let at: Look['at'];
    let end: Look['end'] | undefined;
    await line.scan(read, waitMs, ({ event }) => {
      if (!event || end) return end !== undefined;
      count += 1;
      at = event.position;
      if (top === undefined) this.forgetOtherStore((top = at.commit));
      end = this.endAt(event);
      return end !== undefined;
    });
    return { end: end ?? (count < this.most ? 'start' : 'limit'), top, at };
  }

  private endAt(event: AllStreamRecordedEvent): Look['end'] | undefined {
    const { streamId: stream, type, metadata, position } = event;
    if (isOurs({ stream, type, metadata })) return 'found';
    if (this.known && position.commit <= this.known.upTo) return 'known';
    if (this.passed && position.commit <= this.passed.top) return 'passed';
    return undefined;
  }

  /** A store that is shorter than it was is another one. */
  private forgetOtherStore(top: bigint): void {
    if (this.known && top < this.known.upTo) this.known = undefined;
    if (this.passed && top < this.passed.top) this.passed = undefined;
  }
}
