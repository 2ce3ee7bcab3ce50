import type { JetStreamStrategy } from '@uplift/bus';
import type { HandOver } from './stage-runner';

/** The way from one stage of this process to the next, ahead of the bus. Nobody is there before the process listens. */
export class StageHops {
  private strategy: Pick<JetStreamStrategy, 'offer'> | null = null;

  connect(strategy: Pick<JetStreamStrategy, 'offer'>): void {
    this.strategy = strategy;
  }

  readonly handOver: HandOver = (durable, event, epoch) => {
    this.strategy?.offer(durable, event, epoch);
  };
}
