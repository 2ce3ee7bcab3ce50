import type { OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { EventStore } from '@uplift/event-store';
import type { Health } from '@uplift/runtime';
import { HeadWatch } from './head-watch';
import type { ProjectionLoop } from './projection-loop';
import type { ProjectionProgress } from './projection-progress';
import { whyNotProjecting } from './projection-state';

/** Longest wait for the first look at the checkpoint; later than that the process starts without it, unready. */
const FIRST_LOOK_MS = 10_000;
/** A read model older than this is not ready to answer. */
const LAG_LIMIT_MS = 60_000;
const BEAT_MS = 5_000;

export interface ProjectionServiceParts {
  readonly loop: ProjectionLoop;
  readonly store: EventStore;
  readonly progress: ProjectionProgress;
  readonly health: Health;
}

/** Starts the loops with the application. */
@Injectable()
export class ProjectionService implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();
  private beats: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ProjectionServiceParts) {}

  async onApplicationBootstrap(): Promise<void> {
    const { loop, store, progress, health } = this.parts;
    health.addReadiness('projection', () => whyNotProjecting(loop.state));
    health.addReadiness('lag', () => whyTooOld(progress, Date.now()));
    this.beatWhileAlive(health.loop('projection'));
    const watch = new HeadWatch(store, progress, {
      onLook: health.loop('head-watch'),
      onSilence: () => loop.resubscribe(),
    });
    const { signal } = this.stopping;
    this.running = Promise.all([loop.run(signal), watch.run(signal)]);
    await Promise.all([watch.look(), progress.reaches(null, FIRST_LOOK_MS)]);
  }

  /** Finishes the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    clearInterval(this.beats);
  }

  /** Waiting for the store or the database is living; a write that never comes back is not. */
  private beatWhileAlive(beat: () => void): void {
    this.beats = setInterval(() => {
      if (!this.parts.loop.isWriting) beat();
    }, BEAT_MS);
  }
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
