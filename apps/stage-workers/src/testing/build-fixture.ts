import type { InstanceEvent } from '@uplift/domain';
import { VirtualClock } from '@uplift/runtime/testing';
import { DeploymentPoller } from '../poller/deployment-poller';
import type { DuplicateSight } from '../stages/polling/duplicate-builds';
import { PollingStage } from '../stages/polling/polling.stage';
import { INTERVALS, MINUTE } from './poller-fixture';
import { StageFixture } from './stage-fixture';

export const LIMITS = {
  rowVisibleMs: 2 * MINUTE,
  buildVanishedMs: 30 * MINUTE,
  buildNotStartedMs: 15 * MINUTE,
};

/** A build that is followed, in a time of its own. */
export class BuildFixture {
  readonly duplicates: DuplicateSight[] = [];
  readonly build: string;
  private readonly pollers: DeploymentPoller[] = [];

  private constructor(
    readonly fixture: StageFixture,
    private readonly options: { readonly patienceMs: number; readonly mostKnown: number },
  ) {
    this.build = fixture.lagoon.script.allDeployments()[0]?.name ?? '';
  }

  static async open({ patienceMs = 7 * 60 * MINUTE, mostKnown = 10 } = {}) {
    const fixture = await StageFixture.at('DeploymentAccepted', {}, new VirtualClock());
    return new BuildFixture(fixture, { patienceMs, mostKnown });
  }

  get clock(): VirtualClock {
    return this.fixture.clock;
  }

  get lagoon() {
    return this.fixture.lagoon;
  }

  /** A worker with a poller of its own. */
  stage(): PollingStage {
    const { cores, clock, randomness } = this.fixture;
    const quiet = { batch: 50, onError: () => undefined, loopOf: () => () => undefined };
    const poller = new DeploymentPoller(cores, { ...INTERVALS, ...quiet }, { clock, randomness });
    this.pollers.push(poller);
    const options = {
      ...LIMITS,
      ...this.options,
      onDuplicates: (sight: DuplicateSight) => void this.duplicates.push(sight),
    };
    return new PollingStage(cores, poller, options, clock);
  }

  /** Long enough for one look, whatever the cadence of a build that is not queued. */
  async look(times = 1): Promise<void> {
    await this.clock.advance(times * 1.2 * MINUTE);
  }

  /** What was appended, without the values nobody asked for. */
  async told(type: InstanceEvent['type']): Promise<InstanceEvent[]> {
    return (await this.fixture.appended()).filter((event) => event.type === type);
  }

  cancels(): unknown[] {
    const ofCancel = this.lagoon.calls.filter(({ operation }) => operation === 'cancelDeployment');
    return ofCancel.map(({ input }) => input);
  }

  stop(): void {
    for (const poller of this.pollers) poller.onApplicationShutdown();
  }
}
