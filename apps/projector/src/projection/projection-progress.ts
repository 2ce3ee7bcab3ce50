import type { Clock } from '@uplift/runtime';
import type { Checkpoint } from '../read-model/read-model.port';

/** The newest event of the store at the moment somebody looked. */
export interface StoreHead {
  readonly position: bigint | null;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

/** What this process knows of how far the read model is, whoever writes it. */
export class ProjectionProgress {
  /** Told when somebody begins to wait. */
  onAwaited: (() => void) | undefined;
  private readonly waiting = new Set<() => void>();
  private known: Checkpoint | undefined;
  private newest: StoreHead | undefined;
  private ofAnotherStore = false;

  constructor(private readonly clock: Clock) {}

  get checkpoint(): Checkpoint | undefined {
    return this.known;
  }

  get head(): StoreHead | undefined {
    return this.newest;
  }

  /** Events not projected yet, estimated from positions: exact only when nothing is missing. */
  get missingEvents(): number {
    const { known, newest } = this;
    if (!newest?.position || this.isAtHead) return 0;
    if (!known?.position) return 1;
    const missing = Number(newest.position - known.position);
    return Math.max(1, Math.round((missing * known.events) / Number(known.position)));
  }

  /** True if nothing in the store was newer when it was last looked at. */
  get isAtHead(): boolean {
    const { known, newest } = this;
    return known !== undefined && newest !== undefined && hasReached(known, newest.position);
  }

  /** Whether somebody waits for a position. */
  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  moveTo(checkpoint: Checkpoint): void {
    this.known = checkpoint;
    this.wake();
  }

  /** Positions of another store say nothing about this one: while the rows are of it, no position counts as reached. */
  set isOfAnotherStore(isOfAnother: boolean) {
    this.ofAnotherStore = isOfAnother;
    this.wake();
  }

  see(head: StoreHead): void {
    this.newest = head;
  }

  /** True once the read model reflects the position (null: anything at all), false if it does not in time. */
  async reaches(position: bigint | null, timeoutMs: number): Promise<boolean> {
    if (this.isAt(position)) return true;
    return new Promise((resolve) => {
      const end = (reached: boolean) => {
        cancel();
        this.waiting.delete(look);
        resolve(reached);
      };
      const look = () => {
        if (this.isAt(position)) end(true);
      };
      const cancel = this.clock.after(timeoutMs, () => end(false));
      this.waiting.add(look);
      this.onAwaited?.();
    });
  }

  /** Whether the read model reflects the position now. */
  isAt(position: bigint | null): boolean {
    if (position !== null && this.ofAnotherStore) return false;
    return this.known !== undefined && hasReached(this.known, position);
  }

  private wake(): void {
    for (const look of [...this.waiting]) look();
  }
}

function hasReached({ seenUpTo }: Checkpoint, position: bigint | null): boolean {
  return position === null || (seenUpTo !== null && seenUpTo >= position);
}
