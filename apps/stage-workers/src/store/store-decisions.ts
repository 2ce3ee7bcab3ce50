import { DECISIONS_STREAM } from '@uplift/contracts';
import type { DivergenceWatch, EventStore } from '@uplift/event-store';

/**
 * Whether an operator has ever accepted another store: then Lagoon may know of effects that the store has lost. Read at
 * the first question, and again whenever the store may have become another one in between.
 */
export class StoreDecisions {
  private accepted = false;
  private readAt: number | undefined;

  constructor(
    private readonly store: Pick<EventStore, 'lastOf'>,
    private readonly watch: Pick<DivergenceWatch, 'possibleChanges'>,
  ) {}

  async wasAccepted(): Promise<boolean> {
    const { possibleChanges } = this.watch;
    if (this.accepted || this.readAt === possibleChanges) return this.accepted;
    this.accepted = (await this.store.lastOf(DECISIONS_STREAM)) !== null;
    this.readAt = possibleChanges;
    return this.accepted;
  }
}
