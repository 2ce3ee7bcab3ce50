import { setTimeout as pause } from 'node:timers/promises';
import type { StackPart } from '../../tools/stack/src';

const RESTART_MS = 300;

/** A part that is started again whenever it ends, as an orchestrator does. */
export class KeptAlive {
  /** How often it has ended by itself. */
  ends = 0;
  private isLeft = false;
  private readonly watching: Promise<void>;

  constructor(private readonly part: StackPart) {
    this.watching = this.watch();
  }

  /** It runs, and may end from now on. */
  async leave(): Promise<void> {
    this.isLeft = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.isLeft) {
      await pause(RESTART_MS);
      if (!this.part.hasExited) continue;
      this.ends += 1;
      await this.part.restart().catch(() => undefined);
    }
  }
}
