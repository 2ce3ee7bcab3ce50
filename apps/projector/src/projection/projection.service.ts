import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { EventStore } from '@uplift/event-store';
import type { Clock, Health } from '@uplift/runtime';
import { HeadWatch } from './head-watch';
import type { ProjectionLoop } from './projection-loop';
import type { ProjectionProgress } from './projection-progress';
import { whyNotProjecting } from './projection-state';

/** Longest wait for the first look at the checkpoint; later than that the process starts without it, unready. */
const FIRST_LOOK_MS = 10_000;
/** A read model older than this is not ready to answer. */
const LAG_LIMIT_MS = 60_000;

export interface ProjectionServiceContext {
  readonly loop: ProjectionLoop;
  readonly store: EventStore;
  readonly progress: ProjectionProgress;
  readonly health: Health;
  readonly clock: Clock;
}

/** Starts the loops with the application. */
@Injectable()
export class ProjectionService implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();
  private watching: Promise<void> = Promise.resolve();

  constructor(private readonly context: ProjectionServiceContext) {}

  async onApplicationBootstrap(): Promise<void> {
    const { loop, store, progress, health, clock } = this.context;
    health.addReadiness('projection', () => whyNotProjecting(loop.state));
    health.addReadiness('lag', () => whyTooOld(progress, clock.wall()));
    health.addReadiness('newer-version', () => whyTooEarly(loop.newerVersions));
    const beat = health.loop('head-watch');
    const watch = new HeadWatch(store, progress, {
      clock,
      onLook: () => {
        beat();
        // A database that is away is told of by whoever reads or writes rows.
        loop.noteSeen().catch(() => undefined);
      },
      onSilence: () => loop.resubscribe(),
      onAnotherStore: () => loop.recheck(),
    });
    loop.start();
    this.watching = watch.run(this.stopping.signal);
    await Promise.all([watch.look(), progress.reaches(null, FIRST_LOOK_MS)]);
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.context.loop.stop(), this.watching]);
  }
}

function whyTooEarly(newerVersions: number): string | undefined {
  if (newerVersions === 0) return undefined;
  return `${newerVersions} events are of a newer version, and their instances are set aside: deploy this service before those that write`;
}

function whyTooOld(progress: ProjectionProgress, now: number): string | undefined {
  const { checkpoint, head, missingEvents } = progress;
  if (!head || now - head.seenAt > LAG_LIMIT_MS) return 'the event store has not answered lately';
  const behindSince = checkpoint?.lastEventAt ?? null;
  if (progress.isAtHead || behindSince === null || now - behindSince < LAG_LIMIT_MS) {
    return undefined;
  }
  return `about ${missingEvents} events behind, the last one projected is ${now - behindSince} ms old`;
}
