import type { LagoonCores } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import type { DeploymentPoller } from '../../poller/deployment-poller';
import type { InstanceSession } from '../../runner/instance-session';
import type { OngoingWork, StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { DelayLimits } from './build-delays';
import { BuildDelays } from './build-delays';
import type { BuildMemory, FollowerPorts } from './build-follower';
import { BuildFollower, KnownBuilds } from './build-follower';
import { BuildReading } from './build-reading';
import type { DuplicateSight } from './duplicate-builds';
import { DuplicateBuilds } from './duplicate-builds';

export interface PollingOptions extends DelayLimits {
  /** How long a build is followed at a stretch, in ms. */
  readonly patienceMs: number;
  /** Builds whose instance is kept as it was seen last: of all others only what the next look needs; default 1,000. */
  readonly mostKnown?: number;
  readonly onDuplicates: (sight: DuplicateSight) => void;
}

const MOST_KNOWN = 1_000;

/** Follows one build to its end, and turns what Lagoon says into events. */
export class PollingStage extends StageHandler {
  readonly stage = 'poll-upgrade';
  private readonly ports: FollowerPorts;

  constructor(
    private readonly cores: LagoonCores,
    poller: DeploymentPoller,
    private readonly options: PollingOptions,
    private readonly clock: Clock,
  ) {
    super();
    const { mostKnown = MOST_KNOWN } = options;
    const know = this.know.bind(this);
    this.ports = { poller, clock, known: new KnownBuilds(mostKnown), know };
  }

  /** Goes on until the build has ended. */
  run({ session, signal, message }: StageTurn): Promise<OngoingWork | void> {
    const isDue = session.deployment !== null && session.isIn('upgrade-running');
    if (session.workOrder.located === null || !isDue) return Promise.resolve();
    const patientUntil = this.clock.monotonic() + this.options.patienceMs;
    return Promise.resolve(
      new BuildFollower(session, { message, patientUntil, signal }, this.ports),
    );
  }

  private know(session: InstanceSession, memory: BuildMemory, signal: AbortSignal) {
    const { lagoon } = this.cores.of(session.workOrder.profile.core);
    const { onDuplicates } = this.options;
    const { dealtWith } = memory;
    return {
      ...{ session, memory },
      duplicates: new DuplicateBuilds(session, lagoon, { onDuplicates, signal, dealtWith }),
      reading: new BuildReading(
        session,
        new BuildDelays(session, this.options, this.clock, memory),
      ),
    };
  }
}
