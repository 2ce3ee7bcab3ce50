import { SeededRandomness, VirtualClock } from '@uplift/runtime/testing';
import { LateOutcomeLookups } from '../stages/late-outcome/late-outcome-lookups';
import { LateOutcomeStage } from '../stages/late-outcome/late-outcome.stage';
import type { StageFixture } from './stage-fixture';

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;

/** What happens a time after the deadline, in ms; the times grow. */
type Later = readonly (readonly [afterMs: number, happens: () => unknown])[];

/** Passes only in pauses, and what happens later happens then. */
class WaitingClock extends VirtualClock {
  constructor(
    private readonly startedAt: number,
    private later: Later,
  ) {
    super(startedAt);
  }

  get passedMs(): number {
    return this.wall() - this.startedAt;
  }

  override async pause(ms: number): Promise<void> {
    await this.advance(ms);
    for (const [afterMs, happens] of this.later) if (afterMs <= this.passedMs) await happens();
    this.later = this.later.filter(([afterMs]) => afterMs > this.passedMs);
  }
}

export class LateWatch {
  readonly stage: LateOutcomeStage;
  private readonly clock: WaitingClock;

  constructor(
    private readonly fixture: StageFixture,
    later: Later = [],
    patienceMs = 1_000 * HOUR,
  ) {
    this.clock = new WaitingClock(this.deadline, later);
    const ports = { clock: this.clock, randomness: new SeededRandomness(1) };
    const times = { intervalMs: 300 * SECOND, windowMs: 24 * HOUR, attemptMs: 12 * HOUR };
    const lookups = new LateOutcomeLookups(fixture.cores, 0, this.clock);
    this.stage = new LateOutcomeStage(lookups, { ...times, patienceMs }, ports);
  }

  get deadline(): number {
    return Date.parse(this.fixture.openingEvent.recordedAt);
  }

  get passedMs(): number {
    return this.clock.passedMs;
  }

  run(deliveryCount = 1) {
    return this.fixture.handle(this.stage, deliveryCount);
  }
}
