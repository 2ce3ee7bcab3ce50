import type { StoredEvent } from '@uplift/contracts';
import {
  EventStore,
  EventStoreUnavailableError,
  NO_INTERRUPTIONS,
  PositionNotFoundError,
} from '@uplift/event-store';
import type {
  AllEventsBatch,
  AllEventsPage,
  Appended,
  EventStoreCounters,
  EventToAppend,
  StreamHead,
  SubscribeToAllOptions,
} from '@uplift/event-store';
import type { InMemoryEventStore } from '@uplift/event-store/testing';
import type { Lagoon, LagoonOperation, ProbeOptions, ProbeResult } from '@uplift/lagoon';
import { HealthProbe, LagoonUnavailableError, OPERATIONS } from '@uplift/lagoon';
import type { InMemoryReadModel } from '../../apps/projector/src/testing/in-memory.read-model';
import type { ReadModel } from '../../apps/projector/src/read-model/read-model.port';
import type { Line, Wait } from './line';
import type { SimulatedProcess } from './simulated-process';

/** After so long without an answer the adapter of the store gives up, in milliseconds. */
const STORE_LIMIT_MS = 5_000;
const DATABASE_LIMIT_MS = 5_000;
const LAGOON_LIMIT_MS = 20_000;
/** What is delayed arrives when nobody waits for it any more. */
const DELAYED_MS = [STORE_LIMIT_MS, 4 * STORE_LIMIT_MS] as const;
/** Lagoon works on a call for a limited time: less than the settle window. */
const DELAYED_IN_LAGOON_MS = [1_000, 9_000] as const;

/** The event store as one process reaches it: like the adapter, without what that repeats by itself. */
export class StoreConnection extends EventStore {
  private readonly closing = new AbortController();
  /** Readers that go on after a position are told that it does not exist. */
  refusesPositions = false;
  private readonly readers = new Set<AbortController>();

  constructor(
    private readonly process: SimulatedProcess,
    private readonly line: Line,
    private readonly store: InMemoryEventStore,
  ) {
    super();
  }

  /** Every reader is thrown out, as one that lags behind is: it begins again where it was. False: there is none. */
  throwOut(): boolean {
    for (const reader of this.readers) reader.abort();
    return this.readers.size > 0;
  }

  override append(
    stream: string,
    after: StreamHead,
    events: readonly EventToAppend[],
  ): Promise<Appended> {
    return this.ask(() => this.store.append(stream, after, events));
  }

  override load(stream: string, fromRevision?: number): Promise<StoredEvent[]> {
    return this.ask(() => this.store.load(stream, fromRevision));
  }

  override loadLast(stream: string, count: number, upTo?: number): Promise<StoredEvent[]> {
    return this.ask(() => this.store.loadLast(stream, count, upTo));
  }

  override lastOf(stream: string): Promise<StoredEvent | null> {
    return this.ask(() => this.store.lastOf(stream));
  }

  override eventAt(position: bigint): Promise<StoredEvent | null> {
    return this.ask(() => this.store.eventAt(position));
  }

  override readAll(after: bigint | null, limit: number): Promise<AllEventsPage> {
    return this.ask(() => this.store.readAll(after, limit));
  }

  override lastPosition(): Promise<bigint | null> {
    return this.ask(() => this.store.lastPosition());
  }

  override async *subscribeToAll(
    options: SubscribeToAllOptions = {},
  ): AsyncGenerator<AllEventsBatch> {
    if (this.refusesPositions && options.after) throw new PositionNotFoundError(options.after);
    const place: Place = { ...options };
    for (;;) {
      const reader = new AbortController();
      this.readers.add(reader);
      try {
        yield* this.batches(place, reader.signal);
      } finally {
        this.readers.delete(reader);
      }
      if (!reader.signal.aborted) return;
      this.line.interruptions += 1;
    }
  }

  override get counters(): EventStoreCounters {
    return { ...NO_INTERRUPTIONS, interruptions: this.line.interruptions };
  }

  override close(): Promise<void> {
    this.closing.abort();
    return Promise.resolve();
  }

  /** Notes in `place` how far it has come. */
  private async *batches(place: Place, out: AbortSignal): AsyncGenerator<AllEventsBatch> {
    const ends = [this.closing.signal, this.process.life, out, ...signalsOf(place)];
    const signal = AbortSignal.any(ends);
    const batches = this.store.subscribeToAll({ ...place, signal });
    // Nothing comes for as long as nothing happens: only the way is measured.
    const next = () => this.live(() => batches.next());
    for (let batch = await next(); batch.done !== true; batch = await next()) {
      yield batch.value;
      const last = batch.value.events.at(-1);
      if (last) Object.assign(place, { after: last.position, afterId: last.id });
    }
  }

  private live<T>(serve: () => Promise<T>): Promise<T> {
    return this.line.deliver(serve, {
      limitMs: STORE_LIMIT_MS,
      late: () => Promise.reject(new EventStoreUnavailableError('The store is silent')),
    });
  }

  private ask<T>(serve: () => Promise<T>): Promise<T> {
    if (this.closing.signal.aborted) {
      return Promise.reject(new EventStoreUnavailableError('The event store is closed'));
    }
    return this.line.ask(serve, {
      limitMs: STORE_LIMIT_MS,
      delayedMs: DELAYED_MS,
      late: () => Promise.reject(new EventStoreUnavailableError('The store did not answer')),
    });
  }
}

type Place = { -readonly [Key in keyof SubscribeToAllOptions]: SubscribeToAllOptions[Key] };

function signalsOf({ signal }: SubscribeToAllOptions): AbortSignal[] {
  return signal ? [signal] : [];
}

/** Lagoon as one process reaches it. A call whose answer does not come may have landed, or land later. */
export function lagoonThrough(line: Line, lagoon: Lagoon): Lagoon {
  const operation = (name: LagoonOperation, args: readonly unknown[]) => {
    const asked = args.filter((arg) => !(arg instanceof AbortSignal));
    const signal = args.find((arg) => arg instanceof AbortSignal);
    const call = lagoon[name].bind(lagoon) as (...args: unknown[]) => Promise<unknown>;
    const isCall = OPERATIONS[name] === 'call';
    // What was sent is not taken back by a caller that does not wait any more.
    const serve = () => (isCall ? call(...asked, new AbortController().signal) : call(...asked));
    const late = () => withoutAnswer(isCall);
    return untilAborted(
      line.ask(serve, { limitMs: LAGOON_LIMIT_MS, delayedMs: DELAYED_IN_LAGOON_MS, late }),
      signal,
      late,
    );
  };
  return new Proxy(lagoon, {
    get(target, name) {
      if (typeof name === 'string' && name in OPERATIONS) {
        return (...args: unknown[]) => operation(name as LagoonOperation, args);
      }
      if (name === 'close') return () => Promise.resolve();
      return Reflect.get(target, name) as unknown;
    },
  });
}

function withoutAnswer(isCall: boolean): Promise<unknown> {
  if (isCall) return Promise.resolve({ kind: 'ambiguous', evidence: 'no answer' });
  return Promise.reject(new LagoonUnavailableError('no answer'));
}

async function untilAborted<T>(
  answer: Promise<T>,
  signal: AbortSignal | undefined,
  late: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return answer;
  if (signal.aborted) return late();
  let forget = () => undefined as void;
  const aborted = new Promise<'aborted'>((resolve) => {
    const abort = () => resolve('aborted');
    signal.addEventListener('abort', abort, { once: true });
    forget = () => signal.removeEventListener('abort', abort);
  });
  const first = await Promise.race([answer, aborted]).finally(forget);
  return first === 'aborted' ? late() : first;
}

const DATABASE_METHODS = ['prepare', 'checkpoint', 'load', 'commit', 'noteSeen'] as const;

/** The database as one process reaches it. A commit whose answer is lost has taken place. */
export function databaseThrough(line: Line, database: InMemoryReadModel): ReadModel {
  const wait: Wait<never> = {
    limitMs: DATABASE_LIMIT_MS,
    delayedMs: DELAYED_MS,
    late: () => Promise.reject(new Error('The database did not answer')),
  };
  const connection = database.connect();
  return new Proxy<ReadModel>(connection, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => Promise<never>;
      const isAsked = (DATABASE_METHODS as readonly unknown[]).includes(name);
      return isAsked ? (...args: unknown[]) => line.ask(() => method(...args), wait) : method;
    },
  });
}

/** The apps as one process reaches them. */
export class ProbeConnection extends HealthProbe {
  constructor(
    private readonly line: Line,
    private readonly apps: HealthProbe,
  ) {
    super();
  }

  override probe(url: string, options: ProbeOptions): Promise<ProbeResult> {
    const { signal, ...rest } = options;
    signal?.throwIfAborted();
    const { timeoutMs: limitMs } = options;
    const late = (): Promise<ProbeResult> =>
      Promise.resolve({ outcome: 'unresponsive', durationMs: limitMs, detail: 'no answer' });
    const answer = this.line.ask(() => this.apps.probe(url, rest), {
      ...{ limitMs, late },
      delayedMs: [limitMs, 2 * limitMs],
    });
    return untilAborted(answer, signal, () => Promise.reject(signal?.reason as Error));
  }

  override whyNot(url: string): string | null {
    return this.apps.whyNot(url);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
