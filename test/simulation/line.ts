import type { Randomness } from '@uplift/runtime';
import type { Scheduler } from './scheduler';
import type { SimulatedProcess } from './simulated-process';

/** What is wrong with the way from one process to one server at present. */
export interface LineFaults {
  /** Nothing arrives, and nobody is told. */
  isCut: boolean;
  /** Longest additional time of one way, in milliseconds. */
  slowMs: number;
  /** Share of the answers that are lost: what was asked for happens all the same. */
  losesAnswers: number;
  /** Share of the requests that arrive long after nobody waits for them any more. */
  delaysRequests: number;
}

export const SOUND: Readonly<LineFaults> = {
  isCut: false,
  slowMs: 0,
  losesAnswers: 0,
  delaysRequests: 0,
};

/** One way between two machines in the same place, in milliseconds: at least, and how much more by chance. */
const WAY_MS = [0.2, 3] as const;
export interface Wait<T> {
  /** How long the caller waits, in milliseconds of its own time. */
  readonly limitMs: number;
  /** When a delayed request arrives, in milliseconds since it was sent: at least, and at most. */
  readonly delayedMs: readonly [least: number, most: number];
  /** What the caller makes of it then. */
  readonly late: () => Promise<T>;
}

/** The way from one process to one server: requests and answers take time, and may be lost on the way. */
export class Line {
  faults: LineFaults = { ...SOUND };
  /** How often the caller got no answer. */
  interruptions = 0;
  /** Counts the connections there were: what was sent over one arrives at no server that comes after it. */
  private connections = 1;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly scheduler: Scheduler,
    private readonly randomness: Randomness,
  ) {}

  /** The server was away for a moment. What it has answered may still arrive. */
  break(): void {
    this.interruptions += 1;
    this.connections += 1;
  }

  /** `serve` runs at the server, whatever has become of the caller. */
  ask<T>(serve: () => Promise<T>, { limitMs, delayedMs, late }: Wait<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isWaiting = true;
      const end = (outcome: () => Promise<T>) => {
        if (!isWaiting) return;
        isWaiting = false;
        cancel();
        outcome().then(resolve, reject);
      };
      const cancel = this.process.clock.after(limitMs, () => {
        this.interruptions += 1;
        end(late);
      });
      this.toServer(delayedMs, () => {
        const outcome = serve();
        const back = () => this.toClient(() => end(() => outcome));
        outcome.then(back, back);
      });
    });
  }

  /** The same where the server answers when it has something to say: only the way is limited. */
  deliver<T>(
    serve: () => Promise<T>,
    { limitMs, late }: Pick<Wait<T>, 'limitMs' | 'late'>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const outcome = serve();
      const back = () => {
        const { wayMs } = this;
        const arrive = () => this.process.enter(() => void outcome.then(resolve, reject));
        if (wayMs !== undefined) return void this.scheduler.after(wayMs, arrive);
        this.interruptions += 1;
        const giveUp = () => this.process.enter(() => void late().then(resolve, reject));
        this.scheduler.after(limitMs, giveUp);
      };
      outcome.then(back, back);
    });
  }

  /** One way, or undefined: it never arrives. */
  get wayMs(): number | undefined {
    if (this.faults.isCut) return undefined;
    const { slowMs } = this.faults;
    return WAY_MS[0] + WAY_MS[1] * this.randomness.fraction() + slowMs * this.randomness.fraction();
  }

  private toServer([least, most]: Wait<never>['delayedMs'], serve: () => void): void {
    const { wayMs, connections } = this;
    const arrive = () => {
      if (connections === this.connections) serve();
    };
    const isDelayed = this.happens(this.faults.delaysRequests);
    if (isDelayed) {
      this.scheduler.after(least + (most - least) * this.randomness.fraction(), arrive);
    } else if (wayMs !== undefined) {
      this.scheduler.after(wayMs, arrive);
    }
  }

  private toClient(arrive: () => void): void {
    const { wayMs } = this;
    if (wayMs === undefined || this.happens(this.faults.losesAnswers)) return;
    this.scheduler.after(wayMs, () => this.process.enter(arrive));
  }

  private happens(share: number): boolean {
    return share > 0 && this.randomness.fraction() < share;
  }
}
