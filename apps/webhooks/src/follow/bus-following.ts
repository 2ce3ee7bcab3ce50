import type { BusConnection } from '@uplift/bus';
import { StreamFollower, WEBHOOKS_CONSUMER } from '@uplift/bus';
import type { Clock, Logger } from '@uplift/runtime';
import { errorKind, errorMessage, RepeatedLines } from '@uplift/runtime';
import type { FollowStore } from '../store/webhook-store.port';
import type { PassedOver } from './follow-events';
import { followEvents, NewerEventError } from './follow-events';

export interface FollowingParts {
  readonly bus: BusConnection;
  readonly store: FollowStore;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  readonly keepDays: number;
  readonly onPassedOver: (why: PassedOver) => void;
  /** Deliveries may have been queued. */
  readonly onKept: () => void;
  readonly onBeat: () => void;
}

const DAY_MS = 86_400_000;

/** The bus → deliveries that are queued in the database: an event is acknowledged after they are. */
export class BusFollowing {
  private readonly follower: StreamFollower;
  private readonly lines: RepeatedLines;
  private stream = '';
  /** Sequence of the last message that is kept. */
  private kept = 0;
  /** Why nothing is followed, in words. */
  trouble: string | undefined;

  constructor(private readonly parts: FollowingParts) {
    this.lines = new RepeatedLines(parts.clock);
    this.follower = new StreamFollower(parts.bus, WEBHOOKS_CONSUMER, {
      keptUpTo: () => this.keptUpTo(),
      keep: (messages) => this.keep(messages),
      onError: (error) => this.tell(error),
      onBeat: parts.onBeat,
    });
  }

  start(): void {
    this.follower.start();
  }

  stop(): Promise<void> {
    return this.follower.stop();
  }

  /** Messages of the bus that are not kept yet. */
  async lag(): Promise<number> {
    const lastSequence = await this.parts.bus.lastSequence();
    return Math.max(0, lastSequence - this.kept);
  }

  private async keptUpTo() {
    const { createdAt, lastSequence } = await this.parts.bus.streamFill();
    const sequence = await this.parts.store.keptUpTo(createdAt, lastSequence);
    this.stream = createdAt;
    this.kept = sequence;
    this.trouble = undefined;
    return { sequence };
  }

  private async keep(messages: Parameters<FollowStore['keep']>[1]): Promise<void> {
    const { store, clock, keepDays, onPassedOver, onKept } = this.parts;
    const oldest = clock.wall() - keepDays * DAY_MS;
    const passed: PassedOver[] = [];
    const note = (why: PassedOver) => void passed.push(why);
    await store.keep(this.stream, messages, (fresh, known) =>
      followEvents(fresh, known, { oldest, onPassedOver: note }),
    );
    passed.forEach(onPassedOver);
    this.kept = messages.at(-1)?.sequence ?? this.kept;
    this.trouble = undefined;
    onKept();
  }

  private tell(error: unknown): void {
    this.trouble = error instanceof NewerEventError ? error.message : errorMessage(error);
    if (!this.lines.isDue(errorKind(error))) return;
    this.parts.logger.warn({ err: error }, 'the bus is not followed');
  }
}
