import type { LocatedEnvironment } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { LagoonCircuitOpenError, LagoonCores, LagoonDeployment } from '@uplift/lagoon';
import type { DeploymentPoller } from '../../poller/deployment-poller';
import type { DeploymentWatcher, WatchPace, WatchTarget } from '../../poller/deployment-watcher';
import type { PollClock } from '../../poller/poll-clock';
import { systemPollClock } from '../../poller/poll-clock';
import { LongWaitError } from '../../runner/failure-triage';
import type { InstanceSession } from '../../runner/instance-session';
import { endWait, recordOutage } from '../../runner/lagoon-outages';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { DelayLimits } from './build-delays';
import { BuildDelays } from './build-delays';
import { BuildReading } from './build-reading';
import type { DuplicateSight } from './duplicate-builds';
import { DuplicateBuilds } from './duplicate-builds';

export interface PollingOptions extends DelayLimits {
  /** How long a build is followed at a stretch, in ms. */
  readonly patienceMs: number;
  readonly onDuplicates: (sight: DuplicateSight) => void;
}

/** Follows one build to its end, and turns what Lagoon says into events. */
export class PollingStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly poller: DeploymentPoller,
    private readonly options: PollingOptions,
    private readonly clock: PollClock = systemPollClock,
  ) {
    super();
  }

  /** Resolves when the build has ended: until then the message stays in hand. */
  async run(turn: StageTurn): Promise<void> {
    const { session, signal } = turn;
    const { located } = session.workOrder;
    if (located === null || session.deployment === null || !session.isIn('upgrade-running')) return;
    signal.throwIfAborted();
    await this.follow(this.followerOf(turn, located), signal);
  }

  private followerOf(
    { session, message, signal }: StageTurn,
    located: LocatedEnvironment,
  ): BuildFollower {
    const { lagoon } = this.cores.of(session.workOrder.profile.core);
    const { onDuplicates } = this.options;
    return new BuildFollower(session, {
      located,
      acceptedAt: Date.parse(message.recordedAt),
      duplicates: new DuplicateBuilds(session, lagoon, { onDuplicates, signal }),
      reading: new BuildReading(session, new BuildDelays(session, this.options, this.clock)),
    });
  }

  private async follow(follower: BuildFollower, signal: AbortSignal): Promise<void> {
    const { patienceMs } = this.options;
    const { promise: interruption, reject } = interruptible();
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const overlong = () => reject(new LongWaitError('the build has not ended yet'));
    const endPatience = this.clock.after(patienceMs, overlong);
    let unwatch: () => void = () => undefined;
    try {
      unwatch = this.poller.watch(follower);
      await Promise.race([follower.ended, interruption]);
    } finally {
      unwatch();
      endPatience();
      signal.removeEventListener('abort', stop);
    }
  }
}

function interruptible() {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_resolve, onError) => {
    reject = onError;
  });
  return { promise, reject };
}

export interface FollowedBuild {
  readonly located: LocatedEnvironment;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly duplicates: DuplicateBuilds;
  readonly reading: BuildReading;
}

/** Watches one attempt's build, whatever build that comes to be, until it has ended. */
export class BuildFollower implements DeploymentWatcher {
  /** Resolves when there is nothing more to wait for; rejects if it could not be recorded. */
  readonly ended: Promise<void>;
  private readonly marker: string;
  private resolve: () => void = () => undefined;
  private reject: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly session: InstanceSession,
    private readonly build: FollowedBuild,
  ) {
    this.marker = markerOf(session.workOrder);
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get core(): string {
    return this.session.workOrder.profile.core;
  }

  get acceptedAt(): number {
    return this.build.acceptedAt;
  }

  get target(): WatchTarget {
    const { deployment } = this.session;
    const isOfWave = deployment?.bulkId != null && deployment.supersededBy === null;
    return {
      environmentId: this.build.located.environmentId,
      buildName: deployment?.buildName ?? '',
      marker: this.marker,
      bulkId: isOfWave ? deployment.bulkId : null,
    };
  }

  async seen(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    return this.settling(async () => {
      await endWait(this.session);
      await this.build.duplicates.settle(rows);
      return this.build.reading.observe(rows);
    });
  }

  async outage(error: LagoonCircuitOpenError): Promise<void> {
    await this.settling(async () => {
      await recordOutage(this.session, error, 'poll-upgrade');
      return 'active';
    });
  }

  /** Nothing more to wait for is also what cannot be recorded: the message comes back. */
  private async settling(work: () => Promise<WatchPace>): Promise<WatchPace> {
    try {
      const pace = await work();
      if (this.isFollowing) return pace;
      this.resolve();
    } catch (error) {
      this.reject(error);
    }
    return 'over';
  }

  private get isFollowing(): boolean {
    return this.session.isIn('upgrade-running') && this.session.deployment !== null;
  }
}
