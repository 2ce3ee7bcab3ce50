import { setTimeout as pause } from 'node:timers/promises';
import type { StackPart } from '../../tools/stack/src';

const RESTART_MS = 300;

/** A part that is started again whenever it ends, as an orchestrator does. */
export class KeptAlive {
  /** How often it has ended by itself. */
  ends = 0;
  private isHeld = false;
  private isLeft = false;
  /** One start at a time. */
  private turn = Promise.resolve();
  private readonly watching: Promise<void>;

  constructor(readonly part: StackPart) {
    this.watching = this.watch();
  }

  /** Ends it, and leaves it so until it is brought back. */
  async takeDown(how: 'kill' | 'stop' = 'kill'): Promise<void> {
    this.isHeld = true;
    await this.part[how]();
    // A start that was under way.
    await this.turn;
    await this.part[how]();
  }

  /** It runs as soon as it can. */
  async bringBack(): Promise<void> {
    this.isHeld = false;
    await this.start();
  }

  /** It runs, and may end from now on. */
  async leave(): Promise<void> {
    this.isLeft = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.isLeft) {
      await pause(RESTART_MS);
      if (!this.part.hasExited || this.isHeld) continue;
      this.ends += 1;
      await this.start();
    }
  }

  private start(): Promise<void> {
    this.turn = this.turn.then(async () => {
      if (this.part.hasExited && !this.isHeld) await this.part.restart().catch(() => undefined);
    });
    return this.turn;
  }
}
