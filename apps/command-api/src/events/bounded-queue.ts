/** A queue that forgets everything rather than grow without end, and says so. */
export class BoundedQueue<Item> {
  private items: Item[] = [];
  private overflow = false;
  private wake: (() => void) | undefined;

  constructor(private readonly limit: number) {}

  push(item: Item): void {
    if (this.items.length >= this.limit) {
      this.items = [];
      this.overflow = true;
    }
    if (!this.overflow) this.items.push(item);
    this.nudge();
  }

  /** Everything waiting; true if items were lost, then there are none. */
  take(): { readonly items: readonly Item[]; readonly lost: boolean } {
    const taken = { items: this.items, lost: this.overflow };
    this.items = [];
    this.overflow = false;
    return taken;
  }

  /** Resolves when there is something to take, or after `nudge`. */
  async filled(): Promise<void> {
    if (this.items.length > 0 || this.overflow) return;
    await new Promise<void>((resolve) => (this.wake = resolve));
  }

  nudge(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
