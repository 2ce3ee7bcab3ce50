import { markerOf } from '@uplift/domain';
import type { CoreOutage, LagoonDeployment } from '@uplift/lagoon';
import { deploymentPhase } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { errorMessage } from '@uplift/runtime';
import type { DeploymentPoller } from '../../poller/deployment-poller';
import type { DeploymentWatcher, WatchPace, WatchTarget } from '../../poller/deployment-watcher';
import { LongWaitError } from '../../runner/failure-triage';
import type { InstanceSession } from '../../runner/instance-session';
import { endWait, recordOutage } from '../../runner/lagoon-outages';
import type { OngoingWork, Reopenable } from '../../runner/stage-handler.port';
import type { DelayMemory } from './build-delays';
import type { BuildReading } from './build-reading';
import { NEW, paceOf } from './build-reading';
import type { DuplicateBuilds } from './duplicate-builds';

/** A build together with its instance. */
export interface KnownBuild {
  readonly session: InstanceSession;
  readonly duplicates: DuplicateBuilds;
  readonly reading: BuildReading;
  readonly memory: BuildMemory;
}

/** What the history does not tell of a build. */
export interface BuildMemory extends DelayMemory {
  /** Duplicates that were stopped. */
  readonly dealtWith: Set<string>;
}

/** What all followers of a process share. */
export interface FollowerPorts {
  readonly poller: Pick<DeploymentPoller, 'watch'>;
  readonly clock: Clock;
  readonly known: KnownBuilds;
  readonly know: (session: InstanceSession, memory: BuildMemory, signal: AbortSignal) => KnownBuild;
}

export interface FollowedMessage {
  readonly message: Reopenable;
  /** Monotonic time in ms at which the message has been held long enough. */
  readonly patientUntil: number;
  readonly signal: AbortSignal;
}

/** A build as the next look at it needs it, while its instance is not kept. */
interface BuildSketch {
  readonly target: WatchTarget;
  /** As recorded last. */
  readonly status: string | null;
  readonly buildStep: string | null;
  /** The instance was told that it waits. */
  readonly isWaiting: boolean;
}

/**
 * Watches one attempt's build, whatever build that comes to be, until it has ended. Thousands run for hours while
 * nothing is new of them: then all that is kept of one is a sketch, and its instance is read again when it is needed.
 */
export class BuildFollower implements DeploymentWatcher, OngoingWork {
  readonly core: string;
  readonly acceptedAt: number;
  private build: KnownBuild | null;
  private sketch: BuildSketch;
  /** Null while there is nothing in it, or the build is known. */
  private memory: BuildMemory | null = null;
  /** The outage that the instance was told of last. */
  private toldOf: CoreOutage | null = null;
  private isOver = false;
  private unwatch: () => void = () => undefined;
  private onEnd: (error?: Error) => void = () => undefined;

  constructor(
    session: InstanceSession,
    private readonly followed: FollowedMessage,
    private readonly ports: FollowerPorts,
  ) {
    this.core = session.workOrder.profile.core;
    this.acceptedAt = session.openedAt;
    this.sketch = sketchOf(session);
    this.build = ports.know(session, emptyMemory(), followed.signal);
    ports.known.use(this);
  }

  get patientUntil(): number {
    return this.followed.patientUntil;
  }

  get target(): WatchTarget {
    return this.build === null ? this.sketch.target : targetOf(this.build.session);
  }

  begin(onEnd: (error?: Error) => void): void {
    this.onEnd = onEnd;
    try {
      this.unwatch = this.ports.poller.watch(this);
    } catch (error) {
      this.end(asError(error));
    }
  }

  drop(): void {
    this.onEnd = () => undefined;
    this.end();
  }

  tire(): void {
    this.end(new LongWaitError('the build has not ended yet'));
  }

  /** Keeps no more of the instance than the next look needs. */
  forget(): void {
    if (this.build !== null) this.sketchFrom(this.build);
    this.build = null;
  }

  seen(rows: readonly LagoonDeployment[]): Promise<WatchPace> {
    const pace = this.paceIfUnchanged(rows);
    if (pace !== null) return Promise.resolve(pace);
    return this.settling(async ({ session, duplicates, reading }) => {
      await endWait(session, this.ports.clock);
      await duplicates.settle(rows);
      return reading.observe(rows);
    });
  }

  async outage(outage: CoreOutage): Promise<void> {
    if (this.isToldOf(outage)) return;
    await this.settling(async ({ session }) => {
      await recordOutage(session, outage, 'poll-upgrade');
      this.toldOf = outage;
      return 'active';
    });
  }

  /** Null: the instance is needed to say what the rows mean. */
  private paceIfUnchanged(rows: readonly LagoonDeployment[]): WatchPace | null {
    const isNeeded = this.build !== null || this.memory !== null || this.sketch.isWaiting;
    const ours = isNeeded ? null : sketchedIn(rows, this.sketch);
    return ours && paceOf(ours.status);
  }

  /** The poller names an outage at every tick; its end may have been told by others meanwhile. */
  private isToldOf({ cause, since, noticedAt }: CoreOutage): boolean {
    const { toldOf } = this;
    if (toldOf?.cause !== cause || toldOf.since !== since) return false;
    const isWaiting = this.build === null ? this.sketch.isWaiting : isTold(this.build.session);
    return isWaiting || toldOf.noticedAt === noticedAt;
  }

  /** Nothing more to wait for is also what cannot be recorded: the message comes back. */
  private async settling(work: (build: KnownBuild) => Promise<WatchPace>): Promise<WatchPace> {
    try {
      const build = await this.recall();
      const pace = await work(build);
      if (this.build === null) this.sketchFrom(build);
      if (isFollowed(build.session)) return pace;
      this.end();
    } catch (error) {
      this.end(asError(error));
    }
    return 'over';
  }

  private async recall(): Promise<KnownBuild> {
    const { ports, followed } = this;
    const session = this.build?.session ?? (await followed.message.reopen());
    const build = this.build ?? ports.know(session, this.memory ?? emptyMemory(), followed.signal);
    this.build = build;
    ports.known.use(this);
    return build;
  }

  private sketchFrom({ session, memory }: KnownBuild): void {
    this.sketch = sketchOf(session);
    this.memory = isEmpty(memory) ? null : memory;
  }

  private end(error?: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.unwatch();
    this.ports.known.remove(this);
    this.onEnd(error);
  }
}

/** The followers that know their instances: of too many, the one that was not needed for longest forgets. */
export class KnownBuilds {
  private readonly followers = new Set<Pick<BuildFollower, 'forget'>>();

  constructor(private readonly most: number) {}

  use(follower: Pick<BuildFollower, 'forget'>): void {
    this.followers.delete(follower);
    this.followers.add(follower);
    const [oldest] = this.followers;
    if (this.followers.size <= this.most || oldest === undefined) return;
    this.followers.delete(oldest);
    oldest.forget();
  }

  remove(follower: Pick<BuildFollower, 'forget'>): void {
    this.followers.delete(follower);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(errorMessage(error));
}

function emptyMemory(): BuildMemory {
  return { missingSince: null, newSince: null, dealtWith: new Set() };
}

function isEmpty({ missingSince, newSince, dealtWith }: BuildMemory): boolean {
  return missingSince === null && newSince === null && dealtWith.size === 0;
}

/** The build, if it goes on as it was recorded, and the attempt has no other. */
function sketchedIn(
  rows: readonly LagoonDeployment[],
  { target, status, buildStep }: BuildSketch,
): LagoonDeployment | null {
  const ours = rows.find(({ name }) => name === target.buildName);
  if (ours?.status !== status || ours.buildStep !== buildStep) return null;
  const hasTwin = rows.some((row) => row !== ours && row.bulkName === target.marker);
  return isSteady(ours) && !hasTwin ? ours : null;
}

/** It goes on, and has begun or waits its turn. */
function isSteady({ status }: LagoonDeployment): boolean {
  return deploymentPhase(status) === 'active' && status.toLowerCase() !== NEW;
}

function isFollowed(session: InstanceSession): boolean {
  return session.isIn('upgrade-running') && session.deployment !== null;
}

function isTold({ upgrading }: InstanceSession): boolean {
  return upgrading?.notes.waitingFor != null;
}

function sketchOf(session: InstanceSession): BuildSketch {
  const { status = null, buildStep = null } = session.deployment ?? {};
  return { target: targetOf(session), status, buildStep, isWaiting: isTold(session) };
}

function targetOf({ deployment, workOrder }: InstanceSession): WatchTarget {
  const isOfWave = deployment?.bulkId != null && deployment.supersededBy === null;
  return {
    environmentId: workOrder.located?.environmentId ?? 0,
    buildName: deployment?.buildName ?? '',
    marker: markerOf(workOrder),
    bulkId: isOfWave ? deployment.bulkId : null,
  };
}
