import { VirtualClock } from '@uplift/runtime/testing';
import { CancellationStage } from '../stages/cancellation/cancellation.stage';
import type { StageFixture } from './stage-fixture';

export const BY_HAND = { requestedBy: 'operator-7', reason: 'wrong release' };
export const SETTLED = 1_000;
const QUIET = { info: () => undefined };

/** What happens while the stage waits, one by one; then the upgrade is over. */
export type Meanwhile = (() => Promise<unknown> | void)[];

/** Something happens in each pause. */
export class EventfulClock extends VirtualClock {
  constructor(
    private readonly meanwhile: Meanwhile,
    private readonly inTheEnd: () => Promise<unknown>,
  ) {
    super();
  }

  override async pause(): Promise<void> {
    const next = this.meanwhile.shift() ?? this.inTheEnd;
    await next();
  }
}

/** Nothing happens but that time passes. */
export class PassingClock extends VirtualClock {
  override pause(ms: number): Promise<void> {
    return this.advance(ms);
  }
}

export function stageAt({ cores }: StageFixture, clock: VirtualClock): CancellationStage {
  const options = { worker: 'w', intervalMs: 10, settleWindowMs: SETTLED };
  return new CancellationStage(cores, options, clock, QUIET);
}
