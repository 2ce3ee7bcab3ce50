interface Moment {
  readonly at: number;
  readonly order: number;
  readonly happen: (at: number) => void;
}

/** What will happen, by simulated time; nothing happens until somebody moves it on. */
export class Timeline {
  /** A binary heap: the parent of entry n is entry (n - 1) / 2 and is never later. */
  private readonly heap: Moment[] = [];
  private lastOrder = 0;

  schedule(at: number, happen: (at: number) => void): void {
    this.lastOrder += 1;
    this.heap.push({ at, order: this.lastOrder, happen });
    this.rise(this.heap.length - 1);
  }

  /** Lets everything happen that is due, in the order of its time, what comes of it included. */
  advanceTo(now: number): void {
    for (let next = this.heap[0]; next !== undefined && next.at <= now; next = this.heap[0]) {
      this.removeFirst();
      next.happen(next.at);
    }
  }

  private removeFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  private sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.isEarlier(left + 1, left) ? left + 1 : left;
      if (!this.swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  private swapIfEarlier(one: number, other: number): boolean {
    const [first, second] = [this.heap[one], this.heap[other]];
    if (first === undefined || second === undefined || !this.isEarlier(one, other)) return false;
    this.heap[one] = second;
    this.heap[other] = first;
    return true;
  }

  private isEarlier(one: number, other: number): boolean {
    const [first, second] = [this.heap[one], this.heap[other]];
    if (first === undefined || second === undefined) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }
}
