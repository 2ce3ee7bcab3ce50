import type { CoreOutage } from '@uplift/lagoon';
import type { Clock } from '@uplift/runtime';
import { outageTarget } from '../runner/lagoon-outages';
import type { Decision, Entrant, Hold } from './candidate';
import { Candidate } from './candidate';
import type { CoreUsageProjection } from './core-usage.projection';

/** A place in the queue. */
export interface Entry {
  /** Whether others are let in only when it was seen to begin. */
  readonly isAwaited: boolean;
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
      isAwaited: this.isForRoom(candidate),
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
      const decision = candidate.isAsking ? this.newsFor(candidate, stopped) : null;
      if (decision !== null) candidate.answer(decision);
    }
  }

  /** The instance does not wait for room any more, as far as events tell. */
  release(instanceId: string): void {
    for (const candidate of this.waiting.get(instanceId) ?? []) {
      candidate.answer({ kind: 'over' });
    }
  }

  /** Whoever waits for room that events do not know of, or know no more. */
  releaseUnknown(): void {
    for (const instanceId of [...this.waiting.keys()]) {
      if (!this.ports.usage.isQueued(instanceId)) this.release(instanceId);
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
    const decision = candidate.ask(told, signal);
    this.serve();
    return decision;
  }

  private enqueue(candidate: Candidate): void {
    if (this.landing === candidate) this.landing = null;
    const { instanceId } = candidate;
    if (!this.isForRoom(candidate)) {
      this.free.add(candidate);
      return;
    }
    const own = this.waiting.get(instanceId) ?? new Set();
    this.waiting.set(instanceId, own.add(candidate));
  }

  private isForRoom({ entrant }: Candidate): boolean {
    return entrant.needsRoom && this.ports.isLimited;
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
    if (!candidate.isAsking) return false;
    const kind = candidate.isLate(this.ports.now()) ? 'expired' : 'admitted';
    this.dequeue(candidate);
    candidate.answer({ kind });
    return kind === 'admitted';
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
    for (const each of candidates) if (each.isAsking && !this.isStopped(each)) return each;
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

  private newsFor(candidate: Candidate, stopped: Hold | null): Decision | null {
    const { clock } = this.ports;
    const { entrant, told, since } = candidate;
    if (candidate.isLate(this.ports.now())) return { kind: 'expired' };
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
