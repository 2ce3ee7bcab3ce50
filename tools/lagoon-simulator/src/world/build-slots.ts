import type { Build } from './build';

type Start = (at: number) => void;

/** How many builds one core runs at the same time, over all its environments. */
export class BuildSlots {
  private readonly running = new Set<Build>();
  private readonly waiting = new Map<Build, Start>();

  constructor(private readonly limit: number) {}

  /** Starts the build, at once or when a slot is free. */
  ask(build: Build, at: number, start: Start): void {
    if (this.running.size >= this.limit) return void this.waiting.set(build, start);
    this.running.add(build);
    start(at);
  }

  /** The next slot goes to the highest priority, and among equals to the oldest. */
  leave(build: Build, at: number): void {
    this.waiting.delete(build);
    if (!this.running.delete(build)) return;
    const next = this.next();
    if (next === undefined) return;
    const [chosen, start] = next;
    this.waiting.delete(chosen);
    this.running.add(chosen);
    start(at);
  }

  private next(): [Build, Start] | undefined {
    let best: [Build, Start] | undefined;
    for (const entry of this.waiting) {
      if (best === undefined || isBefore(entry[0], best[0])) best = entry;
    }
    return best;
  }
}

function isBefore(one: Build, other: Build): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return one.id < other.id;
}
