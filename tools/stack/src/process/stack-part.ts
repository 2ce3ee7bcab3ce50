import type { ProcessUsage } from './process-info';
import { processUsage } from './process-info';
import type { Exit, SupervisedProcess } from './supervised-process';

/** A part of the stack, one process at a time; what it is and how it starts is up to the subclass. */
export abstract class StackPart {
  abstract readonly name: string;
  /** What runs, and why, where there is a choice. */
  readonly about?: string;
  protected current: SupervisedProcess | undefined;

  /** Starts a process, on the ports of the one before, and waits until it is ready. */
  protected abstract launch(): Promise<void>;

  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  get pid(): number {
    return this.running.pid;
  }

  /** The end of the process that runs now (or ran last). */
  get exited(): Promise<Exit> {
    return this.running.exited;
  }

  get hasExited(): boolean {
    return this.running.hasExited;
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.running.signal(signal);
  }

  /** SIGKILL unless told otherwise; waits for the end. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    return this.running.kill(signal);
  }

  /** Graceful; waits for the end. */
  stop(): Promise<Exit> {
    return this.running.stop();
  }

  /** CPU and memory so far, where the system tells. */
  usage(): ProcessUsage | undefined {
    return processUsage(this.pid);
  }

  private get running(): SupervisedProcess {
    if (!this.current) throw new Error(`${this.name} was not started`);
    return this.current;
  }
}
