import { EventEmitter, once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoredEvent } from '@uplift/contracts';
import { instanceStream, isInstanceStream, toInstanceEvent } from '@uplift/contracts';
import type { InstanceStatus } from '@uplift/domain';
import { isInFlight, statusAfter } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { PATIENCE_MS } from './eventually';

const RESUBSCRIBE_MS = 100;

/** Everything in the store, then what comes; lives on over restarts of the store. */
export class StoreLog {
  readonly events: StoredEvent[] = [];
  private readonly byStream = new Map<string, StoredEvent[]>();
  private readonly statuses = new Map<string, InstanceStatus>();
  private readonly news = new EventEmitter();
  private readonly stop = new AbortController();
  private readonly ended: Promise<void>;

  constructor(
    private readonly store: EventStore,
    private readonly onEvent: (event: StoredEvent) => void = () => undefined,
  ) {
    this.news.setMaxListeners(0);
    this.ended = this.run();
  }

  of(instanceId: string): readonly StoredEvent[] {
    return this.byStream.get(instanceStream(instanceId)) ?? [];
  }

  typesOf(instanceId: string): string[] {
    return this.of(instanceId).map(({ type }) => type);
  }

  statusOf(instanceId: string): InstanceStatus | undefined {
    return this.statuses.get(instanceStream(instanceId));
  }

  count(type: string, instanceIds: readonly string[]): number {
    return instanceIds.filter((id) => this.of(id).some((event) => event.type === type)).length;
  }

  /** Those of the instances with an upgrade that has begun and not ended. */
  inFlight(instanceIds: readonly string[]): string[] {
    return instanceIds.filter((id) => isInFlight(this.statusOf(id) ?? 'new'));
  }

  /** Resolves as soon as it holds; rejects after the limit with what is missing. */
  async until(holds: () => boolean, what: () => string, withinMs = PATIENCE_MS): Promise<void> {
    const signal = AbortSignal.timeout(withinMs);
    while (!holds()) {
      await once(this.news, 'batch', { signal }).catch((cause: unknown) => {
        throw new Error(`Not within ${withinMs} ms: ${what()}`, { cause });
      });
    }
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.ended;
  }

  private async run(): Promise<void> {
    const { signal } = this.stop;
    while (!signal.aborted) {
      await this.follow(signal).catch(() => undefined);
      await pause(RESUBSCRIBE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const after = this.events.at(-1)?.position;
    const from = after === undefined ? {} : { after };
    for await (const { events } of this.store.subscribeToAll({ ...from, signal })) {
      events.forEach((event) => this.take(event));
      this.news.emit('batch');
    }
  }

  private take(event: StoredEvent): void {
    const { stream } = event;
    this.events.push(event);
    this.onEvent(event);
    const history = this.byStream.get(stream);
    if (history === undefined) this.byStream.set(stream, [event]);
    else history.push(event);
    if (!isInstanceStream(stream)) return;
    const before = this.statuses.get(stream) ?? 'new';
    this.statuses.set(stream, statusAfter(toInstanceEvent(event), before));
  }
}
