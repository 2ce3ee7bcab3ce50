import type { InstanceState } from '@uplift/domain';
import type { Clock } from '@uplift/runtime';
import type { Remembered } from './stream-history';

type RememberedInstance = Remembered<InstanceState>;

/** A stream may be cut off behind what is known of it: so late it is noticed at the latest. */
const BELIEVED_FOR_MS = 60_000;
const MOST_CHARACTERS = 16 * 1_024 * 1_024;

interface Entry {
  readonly known: RememberedInstance;
  readonly readAt: number;
  /** About what it takes in memory. */
  readonly characters: number;
}

/**
 * Instances as this process has read them lately, as many as there is room for. Others go on with them: what is known
 * here is where the reading begins, and never the present state.
 */
export class KnownInstances {
  /** The least recently used first. */
  private readonly entries = new Map<string, Entry>();
  private characters = 0;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly most = MOST_CHARACTERS,
  ) {}

  of(stream: string): RememberedInstance | undefined {
    const entry = this.entries.get(stream);
    if (entry === undefined) return undefined;
    if (this.clock.monotonic() - entry.readAt < BELIEVED_FOR_MS) return entry.known;
    this.forget(stream);
    return undefined;
  }

  /** `readAt` stays that of the reading which this one went on with. */
  keep(stream: string, { state, head, position, memory }: RememberedInstance): void {
    const readAt = this.entries.get(stream)?.readAt ?? this.clock.monotonic();
    this.forget(stream);
    const characters = JSON.stringify(state).length + memory.commands.page.length;
    this.entries.set(stream, { known: { state, head, position, memory }, readAt, characters });
    this.characters += characters;
    for (const oldest of this.entries.keys()) {
      if (this.characters <= this.most) return;
      this.forget(oldest);
    }
  }

  forget(stream: string): void {
    this.characters -= this.entries.get(stream)?.characters ?? 0;
    this.entries.delete(stream);
  }
}
