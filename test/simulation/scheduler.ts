import type { CancelTimer, Randomness } from '@uplift/runtime';

interface Step {
  readonly at: number;
  /** Decides between steps that are due at the same time. */
  readonly lot: number;
  readonly order: number;
  readonly isPlain: boolean;
  run: (() => void) | undefined;
}

/** The only source of progress in a run: what is due next, in virtual time. Its randomness decides every order. */
export class Scheduler {
  /** Milliseconds since the run began. */
  now = 0;
  /** Steps carried out so far. */
  steps = 0;
  private readonly heap: Step[] = [];
  private scheduled = 0;

  constructor(private readonly randomness: Randomness) {}

  /** `isPlain`: nothing follows from it but what it does at once, and further steps. */
  after(ms: number, run: () => void, isPlain = false): CancelTimer {
    const at = this.now + Math.max(0, ms);
    const lot = this.randomness.fraction();
    const step: Step = { at, lot, order: this.scheduled++, isPlain, run };
    this.push(step);
    return () => (step.run = undefined);
  }

  /** Carries out what is due, one step at a time with all that follows from it, up to a time or until `isOver`. */
  async runUntil(time: number, isOver: () => boolean = () => false): Promise<void> {
    await settled();
    for (let next = this.heap[0]; next && next.at <= time && !isOver(); next = this.heap[0]) {
      this.pop();
      if (next.run === undefined) continue;
      this.now = next.at;
      this.steps += 1;
      next.run();
      if (!next.isPlain) await settled();
    }
    if (!isOver()) this.now = Math.max(this.now, time);
  }

  private push(step: Step): void {
    const { heap } = this;
    let place = heap.length;
    heap.push(step);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(step, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = step;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(one: Step, other: Step): boolean {
  if (one.at !== other.at) return one.at < other.at;
  if (one.lot !== other.lot) return one.lot < other.lot;
  return one.order < other.order;
}

/** All that needs no further step has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
