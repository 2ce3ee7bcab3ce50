import type { Evidence, WorkOrder } from '@uplift/domain';
import type { CoreOutage } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { outageTarget } from '../runner/lagoon-outages';
import type { CoreUsageProjection } from './core-usage.projection';

/** Why an attempt does not begin yet, as it is told. Times are in ms since 1970. */
export interface Hold {
  readonly target: string;
  readonly since: number;
  readonly place?: number;
  readonly estimatedAt?: number | null;
  readonly evidence?: Evidence;
}

/**
 * `over`: it waits there no more, as far as events tell; `held`: it waits for something that it was not told of;
 * `look`: it has waited for long, and something else may have become of it.
 */
export type Decision =
  | { readonly kind: 'admitted' | 'over' | 'expired' | 'look' }
  | { readonly kind: 'held'; readonly hold: Hold };

/** An attempt that is about to begin. */
export interface Entrant {
  readonly instanceId: string;
  readonly order: WorkOrder;
  /** Time of the event that opened it, in ms since 1970. */
  readonly openedAt: number;
  /** False if it was admitted before: then only a switch can hold it. */
  readonly needsRoom: boolean;
}

/** A place in the queue. */
export interface Entry {
  /** @param told what the instance was told that it waits for */
  next(told: string | null, signal: AbortSignal): Promise<Decision>;
  /** It has begun: nobody else enters before that is seen. */
  started(): void;
  /** It was admitted and must wait after all. */
  giveBack(): void;
  leave(): void;
}

/** Whether a core can be spoken to. */
export interface Reachability {
  /** Null while it can. */
  outage(): CoreOutage | null;
  /** Asks the core, if it is time for it. */
  recheck(): void;
}

export interface CoreQueuePorts {
  readonly core: string;
  readonly isLimited: boolean;
  readonly usage: CoreUsageProjection;
  readonly clock: Clock;
  /** Time as events tell it. */
  readonly now: () => number;
  /** Whether the whole store has been read. */
  readonly hasRead: () => boolean;
  /** The switch that holds up all starts under a name of the core; null if they are allowed. */
  readonly stop: (core: string) => Hold | null;
  readonly reachability: Reachability | null;
}

/** If the event of whoever was let in is not seen by then, it is not waited for any longer. */
const LANDING_MS = 30_000;
/** Room that nobody before in the queue has taken for so long is open to whoever is there. */
const UNCLAIMED_MS = 3_000;
/** A wait that is over sooner is not worth an event. */
const TELL_AFTER_MS = 1_000;
const LOOK_AFTER_MS = 10_000;

/** What an attempt waits for while its core has no room. */
export function admissionTarget(core: string): string {
  return `admission:${core}`;
}

class Candidate {
  told: string | null = null;
  /** Null while it is not asking. */
  decide: ((decision: Decision) => void) | null = null;

  constructor(
    readonly entrant: Entrant,
    /** Monotonic time since when it waits, or was last looked after. */
    public since: number,
  ) {}

  get instanceId(): string {
    return this.entrant.instanceId;
  }
}

/**
 * Those of this process who want to begin at one core, let in as their places in the store's queue say. The next is
 * let in only when the event of the one before has been seen: so a process is never more than one ahead of the store.
 */
export class CoreQueue {
  /** Of one instance there are several if a message was handed out again. */
  private readonly waiting = new Map<string, Set<Candidate>>();
  /** Those who need no room. */
  private readonly free = new Set<Candidate>();
  private landing: Candidate | null = null;
  private landingUntil = Number.POSITIVE_INFINITY;
  /** Monotonic time since when there is room that nobody takes. */
  private openSince: number | null = null;

  constructor(private readonly ports: CoreQueuePorts) {}

  get size(): number {
    return this.everybody().length;
  }

  join(entrant: Entrant): Entry {
    const candidate = new Candidate(entrant, this.ports.clock.monotonic());
    this.enqueue(candidate);
    return {
      next: (told, signal) => this.next(candidate, told, signal),
      started: () => this.expectEventOf(candidate),
      giveBack: () => this.enqueue(candidate),
      leave: () => this.leave(candidate),
    };
  }

  /** Lets in whoever may enter now. */
  serve(): void {
    for (const candidate of this.free) if (!this.isStopped(candidate)) this.letIn(candidate);
    for (let next = this.nextForRoom(); next !== null; next = this.nextForRoom()) {
      this.landing = this.letIn(next) ? next : null;
      this.landingUntil = Number.POSITIVE_INFINITY;
      this.openSince = null;
    }
  }

  /** Tells whoever has waited for a while why it waits. */
  look(): void {
    if (this.waiting.size > 0 && this.outage !== null) this.ports.reachability?.recheck();
    const stops = new Map<string, Hold | null>();
    for (const candidate of this.everybody()) {
      const { core } = candidate.entrant.order.profile;
      const stopped = stops.get(core) ?? this.ports.stop(core);
      stops.set(core, stopped);
      const decision = candidate.decide === null ? null : this.newsFor(candidate, stopped);
      if (decision !== null) this.answer(candidate, decision);
    }
  }

  /** The instance does not wait for room any more, as far as events tell. */
  release(instanceId: string): void {
    for (const candidate of this.waiting.get(instanceId) ?? []) {
      this.answer(candidate, { kind: 'over' });
    }
  }

  /** An attempt has begun. */
  landed(instanceId: string): void {
    if (this.landing?.instanceId === instanceId) this.landing = null;
  }

  private get outage(): CoreOutage | null {
    return this.ports.reachability?.outage() ?? null;
  }

  private next(candidate: Candidate, told: string | null, signal: AbortSignal): Promise<Decision> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        candidate.decide = null;
        reject(signal.reason as Error);
      };
      if (signal.aborted) return abort();
      candidate.told = told;
      candidate.decide = (decision) => {
        candidate.decide = null;
        signal.removeEventListener('abort', abort);
        resolve(decision);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.serve();
    });
  }

  private enqueue(candidate: Candidate): void {
    if (this.landing === candidate) this.landing = null;
    const { instanceId, entrant } = candidate;
    if (!entrant.needsRoom || !this.ports.isLimited) {
      this.free.add(candidate);
      return;
    }
    const own = this.waiting.get(instanceId) ?? new Set();
    this.waiting.set(instanceId, own.add(candidate));
  }

  private dequeue(candidate: Candidate): void {
    const { instanceId } = candidate;
    const own = this.waiting.get(instanceId);
    this.free.delete(candidate);
    own?.delete(candidate);
    if (own?.size === 0) this.waiting.delete(instanceId);
  }

  private leave(candidate: Candidate): void {
    this.dequeue(candidate);
    const hasBegun = Number.isFinite(this.landingUntil);
    if (this.landing === candidate && !hasBegun) this.landing = null;
    this.serve();
  }

  /** It has begun. */
  private expectEventOf(candidate: Candidate): void {
    if (this.landing === candidate) {
      this.landingUntil = this.ports.clock.monotonic() + LANDING_MS;
    }
  }

  /** False if it has no time left to begin. */
  private letIn(candidate: Candidate): boolean {
    if (candidate.decide === null) return false;
    const kind = this.isLate(candidate) ? 'expired' : 'admitted';
    this.dequeue(candidate);
    this.answer(candidate, { kind });
    return kind === 'admitted';
  }

  private answer(candidate: Candidate, decision: Decision): void {
    candidate.decide?.(decision);
  }

  /** Null while there is no room, or nobody here may take it. */
  private nextForRoom(): Candidate | null {
    const { usage, core, clock, now } = this.ports;
    if (!this.isOpen) return null;
    const room = usage.roomAt(core, now());
    if (room === 0) {
      this.openSince = null;
      return null;
    }
    this.openSince ??= clock.monotonic();
    if (this.isLanding()) return null;
    const isUnclaimed = clock.monotonic() - this.openSince >= UNCLAIMED_MS;
    const next = this.first(isUnclaimed ? Number.POSITIVE_INFINITY : room);
    if (next === null) this.forgetRoomWhileStopped();
    return next;
  }

  private get isOpen(): boolean {
    return this.waiting.size > 0 && this.ports.hasRead() && this.outage === null;
  }

  /** Nobody could take it. */
  private forgetRoomWhileStopped(): void {
    if (this.ports.stop(this.ports.core) !== null) this.openSince = null;
  }

  /** The first in the store's queue who is here, of the first so many. */
  private first(most: number): Candidate | null {
    let place = 0;
    for (const instanceId of this.ports.usage.queueAt(this.ports.core)) {
      place += 1;
      if (place > most) return null;
      const candidate = this.asking(this.waiting.get(instanceId) ?? []);
      if (candidate !== null) return candidate;
    }
    return most === Number.POSITIVE_INFINITY ? this.asking(this.everybody()) : null;
  }

  private asking(candidates: Iterable<Candidate>): Candidate | null {
    for (const each of candidates) if (each.decide !== null && !this.isStopped(each)) return each;
    return null;
  }

  /** Two instances of one core may name it differently, and a switch one name alone. */
  private isStopped({ entrant }: Candidate): boolean {
    return this.ports.stop(entrant.order.profile.core) !== null;
  }

  private isLanding(): boolean {
    if (this.ports.clock.monotonic() >= this.landingUntil) this.landing = null;
    return this.landing !== null;
  }

  private isLate({ entrant: { needsRoom, order } }: Candidate): boolean {
    const { startBy } = order;
    const mayExpire = needsRoom && order.attempt === 1;
    return mayExpire && startBy !== undefined && Date.parse(startBy) <= this.ports.now();
  }

  private newsFor(candidate: Candidate, stopped: Hold | null): Decision | null {
    const { clock } = this.ports;
    const { entrant, told, since } = candidate;
    if (this.isLate(candidate)) return { kind: 'expired' };
    const waitedMs = clock.monotonic() - since;
    const hold = waitedMs < TELL_AFTER_MS ? null : (stopped ?? this.holdOf(entrant, told));
    if (hold !== null && hold.target !== told) return { kind: 'held', hold };
    if (entrant.needsRoom || waitedMs < LOOK_AFTER_MS) return null;
    candidate.since = clock.monotonic();
    return { kind: 'look' };
  }

  /** Null too for whoever was told of its place: it goes on waiting for that, outage or not. */
  private holdOf(entrant: Entrant, told: string | null): Hold | null {
    const { core } = entrant.order.profile;
    const target = admissionTarget(core);
    if (told === target || !this.isKnownToWait(entrant)) return null;
    if (this.outage === null) return this.placeOf(entrant, target);
    const { cause, since } = this.outage;
    return { target: outageTarget(cause, core), since };
  }

  private isKnownToWait({ needsRoom }: Entrant): boolean {
    return needsRoom && this.ports.isLimited && this.ports.hasRead();
  }

  private placeOf({ instanceId, openedAt }: Entrant, target: string): Hold {
    const { usage, core, now } = this.ports;
    const evidence = { reason: usage.why(core, now()) ?? 'others-first' };
    return { target, since: openedAt, evidence, ...usage.queued(instanceId, now()) };
  }

  private everybody(): Candidate[] {
    return [...this.free, ...[...this.waiting.values()].flatMap((own) => [...own])];
  }
}
