import type { ProcessUsage } from '../process/process-usage';
import type { Exit } from '../process/supervised-process';

/** One running process of the stack, whatever it is. */
export interface StackPart {
  readonly name: string;
  /** What runs, and why, where there is a choice. */
  readonly about?: string;
  readonly pid: number;
  /** The end of the process that runs now (or ran last). */
  readonly exited: Promise<Exit>;
  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL unless told otherwise; waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<Exit>;
  /** Graceful; waits for the end. */
  stop(): Promise<Exit>;
  /** Stops what still runs, starts again on the same ports and waits until ready. */
  restart(): Promise<void>;
  /** CPU and memory so far, where the system tells. */
  usage(): ProcessUsage | undefined;
}
