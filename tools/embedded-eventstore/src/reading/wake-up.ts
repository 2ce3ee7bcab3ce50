/** A call that comes while nobody waits is kept for the next wait. */
export class WakeUp {
  private isDue = false;
  private release: (() => void) | undefined;

  readonly call = (): void => {
    this.isDue = true;
    this.release?.();
  };

  async wait(): Promise<void> {
    if (!this.isDue) await new Promise<void>((resolve) => (this.release = resolve));
    this.release = undefined;
    this.isDue = false;
  }
}
