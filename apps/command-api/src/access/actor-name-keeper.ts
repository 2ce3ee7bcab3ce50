import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
} from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { ERASURES_STREAM, refusal } from '@uplift/contracts';
import { erasedIn, erasuresDecider } from '@uplift/domain';
import type { EventStore } from '@uplift/event-store';
import { FollowedHistory } from '@uplift/event-store';
import type { Clock, Health, Metrics } from '@uplift/runtime';
import { errorMessage } from '@uplift/runtime';
import type { ActorNames } from './actor-names.port';
import { NameNotStorableError } from './actor-names.port';

const SERVICE = 'command-api';
const LOOP = 'actor names';
const WRITE_MS = 5_000;
/** How soon a name goes that another process has erased, or that a restored database has again. */
const ERASE_MS = 60_000;
const MOST_WAITING = 1_000;
const MOST_KNOWN = 10_000;
/** After this time a name is written again, should the table have lost it. */
const KNOWN_MS = 3_600_000;

interface WaitingName {
  readonly name: string;
  /** How it goes into the table. */
  readonly how: 'keep' | 'fill';
}

/** With its actor. */
type Waiting = readonly [string, WaitingName];

type Write = (names: ReadonlyMap<string, string>) => Promise<void>;

interface KeeperPorts {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly health: Health;
}

/**
 * Keeps the names of those whom events name by id, behind the requests: nobody waits for it, and while the database is
 * away as many wait as there is room for. Who was erased stands in the store, so that a table that comes back from a
 * backup is brought to it.
 */
export class ActorNameKeeper
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('actor-names');
  private readonly abort = new AbortController();
  private readonly erasures;
  private readonly clock: Clock;
  private readonly total;
  private readonly onBeat: () => void = () => undefined;
  /** By actor. */
  private readonly waiting = new Map<string, WaitingName>();
  /** What was written or waits to be, by actor. */
  private readonly known = new Map<string, string>();
  private knownSince: number;
  private erased: ReadonlySet<string> = new Set();
  /** When the list of the erased was read, and when the table was brought to it. */
  private readAt = -Infinity;
  private appliedAt = -Infinity;
  private keeping: Promise<void> = Promise.resolve();
  private fault: string | undefined;

  /** `names`: null where none are kept. */
  constructor(
    private readonly names: ActorNames | null,
    { store, clock, metrics, health }: KeeperPorts,
  ) {
    this.clock = clock;
    this.knownSince = clock.monotonic();
    this.erasures = new FollowedHistory(store, SERVICE, 'system', erasuresDecider);
    this.total = metrics.counter({
      name: 'actor_names_total',
      help: 'Names of actors on their way into the database: stored, or lost',
      labels: ['outcome'],
    });
    if (names === null) return;
    health.addDegradation(LOOP, () => this.fault);
    this.onBeat = health.loop(LOOP);
  }

  onApplicationBootstrap(): void {
    if (this.names !== null) this.keeping = this.keep(this.names);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.abort.abort();
    await this.keeping;
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.names === null) return;
    if (this.fault === undefined) await this.writeAll(this.names).catch(() => undefined);
    await this.names.close();
  }

  /** Of an actor whom an event names. Returns at once, and never throws. */
  note(actorId: string, name: string | undefined): void {
    if (name !== undefined && this.known.get(actorId) !== name) this.wait(actorId, name, 'keep');
  }

  /** The same of one who may have a name already, which then stays. */
  noteUnlessNamed(actorId: string, name: string | undefined): void {
    const isNoted = this.known.has(actorId) || this.waiting.has(actorId);
    if (name !== undefined && !isNoted) this.wait(actorId, name, 'fill');
  }

  /** Names that are kept, by actor. Throws `actor-names-unavailable`. */
  async namesOf(actorIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = this.names === null ? [] : await this.names.find(actorIds).catch(unavailable);
    return new Map(
      [...found].flatMap(([actorId, name]) =>
        name === null || this.erased.has(actorId) ? [] : [[actorId, name] as const],
      ),
    );
  }

  /** Whether the store says so, as it was less than a minute ago. Throws `actor-names-unavailable`. */
  async isErased(actorId: string): Promise<boolean> {
    if (this.ageOf(this.readAt) >= ERASE_MS) await this.readErasures().catch(unavailable);
    return this.erased.has(actorId);
  }

  /** After its event was stored. False: the table could not be reached, the name goes with the next that is done there. */
  async forget(actorId: string): Promise<boolean> {
    this.erased = new Set([...this.erased, actorId]);
    this.waiting.delete(actorId);
    this.known.delete(actorId);
    if (this.names === null) return true;
    try {
      await this.names.erase([actorId]);
      return true;
    } catch (error) {
      this.tell(error);
      this.appliedAt = -Infinity;
      return false;
    }
  }

  private wait(actorId: string, name: string, how: WaitingName['how']): void {
    if (this.names === null || this.erased.has(actorId)) return;
    if (!this.waiting.has(actorId) && this.waiting.size >= MOST_WAITING) {
      return this.total.inc({ outcome: 'lost' });
    }
    if (this.known.size >= MOST_KNOWN) this.known.clear();
    this.known.set(actorId, name);
    this.waiting.set(actorId, { name, how });
  }

  private async keep(names: ActorNames): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      this.onBeat();
      await this.settle(names);
      await this.clock.idle(WRITE_MS, signal);
    }
  }

  private async settle(names: ActorNames): Promise<void> {
    try {
      await this.eraseAll(names);
      await this.writeAll(names);
      if (this.fault !== undefined) this.logger.log('names of actors are kept again');
      this.fault = undefined;
    } catch (error) {
      this.tell(error);
    }
  }

  /** Once a minute, so that a table which was put back to an older copy does not bring names back. */
  private async eraseAll(names: ActorNames): Promise<void> {
    if (this.ageOf(this.appliedAt) < ERASE_MS) return;
    await this.readErasures();
    const { readAt } = this;
    await names.erase([...this.erased]);
    this.appliedAt = readAt;
  }

  private async readErasures(): Promise<void> {
    const at = this.clock.monotonic();
    this.erased = erasedIn((await this.erasures.load(ERASURES_STREAM)).state);
    this.readAt = at;
  }

  private async writeAll(names: ActorNames): Promise<void> {
    this.forgetKnown();
    for (const actorId of this.erased) this.waiting.delete(actorId);
    const batch = [...this.waiting];
    for (const how of ['keep', 'fill'] as const) {
      await this.write(
        batch.filter(([, waiting]) => waiting.how === how),
        (some) => names[how](some),
      );
    }
  }

  private async write(batch: readonly Waiting[], into: Write): Promise<void> {
    if (batch.length === 0) return;
    const outcome = await outcomeOf(into(new Map(batch.map(([id, { name }]) => [id, name]))));
    if (outcome === 'lost' && batch.length > 1) {
      for (const each of batch) await this.write([each], into);
      return;
    }
    this.total.inc({ outcome }, batch.length);
    for (const [actorId, waiting] of batch) {
      if (this.waiting.get(actorId) === waiting) this.waiting.delete(actorId);
    }
  }

  private forgetKnown(): void {
    if (this.ageOf(this.knownSince) < KNOWN_MS) return;
    this.known.clear();
    this.knownSince = this.clock.monotonic();
  }

  private ageOf(at: number): number {
    return this.clock.monotonic() - at;
  }

  /** Once when it begins. */
  private tell(error: unknown): void {
    const isNew = this.fault === undefined;
    this.fault = `names of actors are not kept at present: ${errorMessage(error)}`;
    if (isNew) this.logger.warn(this.fault);
  }
}

/** Lost is what the database cannot store, now or later. Throws what else went wrong. */
async function outcomeOf(writing: Promise<void>): Promise<'stored' | 'lost'> {
  try {
    await writing;
    return 'stored';
  } catch (error) {
    if (error instanceof NameNotStorableError) return 'lost';
    throw error;
  }
}

function unavailable(cause: unknown): never {
  const detail = `The names of actors cannot be read: ${errorMessage(cause)}. Go on with the ids, or ask again later`;
  throw refusal('actor-names-unavailable', detail, { cause });
}
