import type { StackPart } from '../stack/stack-part';
import type { ProcessUsage } from './process-usage';
import { processUsage } from './process-usage';
import type { Exit, SupervisedProcess } from './supervised-process';

/** A part of the stack that is one process at a time; what it is and how it starts is up to the subclass. */
export abstract class RestartablePart implements StackPart {
  abstract readonly name: string;
  protected current: SupervisedProcess | undefined;

  /** Stops what still runs, starts again on the same ports and waits until ready. */
  abstract restart(): Promise<void>;

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

  signal(signal: NodeJS.Signals): void {
    this.running.signal(signal);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    return this.running.kill(signal);
  }

  stop(): Promise<Exit> {
    return this.running.stop();
  }

  usage(): ProcessUsage | undefined {
    return processUsage(this.pid);
  }

  protected get running(): SupervisedProcess {
    if (!this.current) throw new Error(`${this.name} was not started`);
    return this.current;
  }
}
