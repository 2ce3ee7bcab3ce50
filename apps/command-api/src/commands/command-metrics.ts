import type { Metrics } from '@uplift/runtime';
import type { Door, EdgeCommand } from './command-request';
import type { CommandOutcome } from './command-result';

export type MeasuredOutcome = CommandOutcome | 'refused' | 'unknown' | 'failed';

interface Measured {
  readonly command: EdgeCommand['type'];
  readonly door: Door;
  readonly outcome: MeasuredOutcome;
}

/** Counts commands and times them. */
export class CommandMetrics {
  private readonly total;
  private readonly duration;

  constructor(metrics: Metrics) {
    this.total = metrics.counter({
      name: 'commands_total',
      help: 'Commands by door and outcome',
      labels: ['command', 'door', 'outcome'],
    });
    this.duration = metrics.histogram({
      name: 'command_duration_seconds',
      help: 'From the parsed command to its answer',
      labels: ['command', 'door'],
    });
  }

  record({ command, door, outcome }: Measured, seconds: number): void {
    this.total.inc({ command, door, outcome });
    this.duration.observe({ command, door }, seconds);
  }
}
