import type { LocatedEnvironment } from '@uplift/domain';
import type { LagoonCores } from '@uplift/lagoon';
import { LongWaitError } from '../../runner/long-wait.error';
import type { StageTurn } from '../../runner/stage-handler.port';
import { StageHandler } from '../../runner/stage-handler.port';
import type { DelayLimits } from './build/build-delays';
import { BuildDelays } from './build/build-delays';
import { BuildFollower } from './build/build-follower';
import { BuildReading } from './build/build-reading';
import type { DeploymentPoller } from './poller/deployment-poller';
import type { DuplicateSight } from './build/duplicate-builds';
import { DuplicateBuilds } from './build/duplicate-builds';
import type { PollClock } from './poller/poll-clock';
import { systemPollClock } from './poller/poll-clock';

export interface PollUpgradeOptions extends DelayLimits {
  /** How long a build is followed at a stretch, in ms. */
  readonly patienceMs: number;
  readonly onDuplicates: (sight: DuplicateSight) => void;
}

/** Follows one build to its end, and turns what Lagoon says into events. */
export class PollUpgradeStage extends StageHandler {
  readonly stage = 'poll-upgrade';

  constructor(
    private readonly cores: LagoonCores,
    private readonly poller: DeploymentPoller,
    private readonly options: PollUpgradeOptions,
    private readonly clock: PollClock = systemPollClock,
  ) {
    super();
  }

  /** Resolves when the build has ended: until then the message stays in hand. */
  async run(turn: StageTurn): Promise<void> {
    const { cursor, signal } = turn;
    const { located } = cursor.workOrder;
    if (located === null || cursor.deployment === null || !cursor.isIn('upgrade-running')) return;
    signal.throwIfAborted();
    await this.follow(this.followerOf(turn, located), signal);
  }

  private followerOf(
    { cursor, message, signal }: StageTurn,
    located: LocatedEnvironment,
  ): BuildFollower {
    const { lagoon } = this.cores.of(cursor.workOrder.profile.core);
    const { onDuplicates } = this.options;
    return new BuildFollower(cursor, {
      located,
      acceptedAt: Date.parse(message.recordedAt),
      duplicates: new DuplicateBuilds(cursor, lagoon, { onDuplicates, signal }),
      reading: new BuildReading(cursor, new BuildDelays(cursor, this.options, this.clock)),
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
