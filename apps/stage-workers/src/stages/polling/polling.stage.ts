import type { LocatedEnvironment } from '@uplift/domain';
import { markerOf } from '@uplift/domain';
import type { CoreOutage, LagoonCores, LagoonDeployment } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import type { DeploymentPoller } from '../../poller/deployment-poller';
import type { DeploymentWatcher, WatchPace, WatchTarget } from '../../poller/deployment-watcher';
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
    private readonly clock: Clock,
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

  private followerOf({ session, signal }: StageTurn, located: LocatedEnvironment): BuildFollower {
    const { lagoon } = this.cores.of(session.workOrder.profile.core);
    const { onDuplicates } = this.options;
    return new BuildFollower(session, {
      clock: this.clock,
      located,
      acceptedAt: session.openedAt,
      duplicates: new DuplicateBuilds(session, lagoon, { onDuplicates, signal }),
      reading: new BuildReading(session, new BuildDelays(session, this.options, this.clock)),
    });
  }

  private async follow(follower: BuildFollower, signal: AbortSignal): Promise<void> {
    const stop = () => follower.giveUp(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const tooLong = () => follower.giveUp(new LongWaitError('the build has not ended yet'));
    const endPatience = this.clock.after(this.options.patienceMs, tooLong);
    let unwatch: () => void = () => undefined;
    try {
      unwatch = this.poller.watch(follower);
      await follower.ended;
    } finally {
      unwatch();
      endPatience();
      signal.removeEventListener('abort', stop);
    }
  }
}

interface FollowedBuild {
  readonly clock: Clock;
  readonly located: LocatedEnvironment;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly duplicates: DuplicateBuilds;
  readonly reading: BuildReading;
}

/** Watches one attempt's build, whatever build that comes to be, until it has ended. */
export class BuildFollower implements DeploymentWatcher {
  /** Resolves when there is nothing more to wait for; rejects if it was given up or could not be recorded. */
  readonly ended: Promise<void>;
  private readonly marker: string;
  /** The outage that the instance was told of last. */
  private toldOf: CoreOutage | null = null;
  private resolve: () => void = () => undefined;
  /** Ends the watching with a failure. */
  giveUp: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly session: InstanceSession,
    private readonly build: FollowedBuild,
  ) {
    this.marker = markerOf(session.workOrder);
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.giveUp = reject;
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
      await endWait(this.session, this.build.clock);
      await this.build.duplicates.settle(rows);
      return this.build.reading.observe(rows);
    });
  }

  async outage(outage: CoreOutage): Promise<void> {
    if (this.isToldOf(outage)) return;
    await this.settling(async () => {
      await recordOutage(this.session, outage, 'poll-upgrade');
      this.toldOf = outage;
      return 'active';
    });
  }

  /** The poller names an outage at every tick; its end may have been told by others meanwhile. */
  private isToldOf({ cause, since, noticedAt }: CoreOutage): boolean {
    const { toldOf } = this;
    if (toldOf?.cause !== cause || toldOf.since !== since) return false;
    const isWaiting = this.session.upgrading?.notes.waitingFor != null;
    return isWaiting || toldOf.noticedAt === noticedAt;
  }

  /** Nothing more to wait for is also what cannot be recorded: the message comes back. */
  private async settling(work: () => Promise<WatchPace>): Promise<WatchPace> {
    try {
      const pace = await work();
      if (this.isFollowing) return pace;
      this.resolve();
    } catch (error) {
      this.giveUp(error);
    }
    return 'over';
  }

  private get isFollowing(): boolean {
    return this.session.isIn('upgrade-running') && this.session.deployment !== null;
  }
}
