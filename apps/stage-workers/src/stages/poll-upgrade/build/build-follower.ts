import { markerOf } from '@uplift/domain';
import type { LocatedEnvironment } from '@uplift/domain';
import type { LagoonCircuitOpenError, LagoonDeployment } from '@uplift/lagoon';
import type { InstanceCursor } from '../../../runner/instance-cursor';
import { endWait, recordOutage } from '../../../runner/lagoon-wait';
import type { BuildReading } from './build-reading';
import type { DeploymentWatcher, WatchPace, WatchTarget } from '../poller/deployment-watcher';
import type { DuplicateBuilds } from './duplicate-builds';

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
    private readonly cursor: InstanceCursor,
    private readonly build: FollowedBuild,
  ) {
    this.marker = markerOf(cursor.workOrder);
    this.ended = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get core(): string {
    return this.cursor.workOrder.profile.core;
  }

  get acceptedAt(): number {
    return this.build.acceptedAt;
  }

  get target(): WatchTarget {
    const { deployment } = this.cursor;
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
      await endWait(this.cursor);
      await this.build.duplicates.settle(rows);
      return this.build.reading.observe(rows);
    });
  }

  async outage(error: LagoonCircuitOpenError): Promise<void> {
    await this.settling(async () => {
      await recordOutage(this.cursor, error, 'poll-upgrade');
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
    return this.cursor.isIn('upgrade-running') && this.cursor.deployment !== null;
  }
}
