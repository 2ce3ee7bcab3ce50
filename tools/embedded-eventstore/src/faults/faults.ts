import { status } from '@grpc/grpc-js';
import { accessDenied, CallFailure, unauthenticated } from '../protocol/call-failure';

/**
 * What happens to a live subscriber that does not read fast enough: it holds its own cursor back (`wait`), it is
 * thrown out (`throw-out`, as 23.10 does), or the cursor goes back to catching up and says again that it has caught
 * up (`catch-up-again`, as 24.10 and later do).
 */
export type SlowReaders = 'wait' | 'throw-out' | 'catch-up-again';

export interface FaultOptions {
  /** Default `wait`. */
  readonly slowReaders?: SlowReaders;
  /** Throws every live subscriber out as often, however fast it reads. */
  readonly throwOutEveryMs?: number;
  /**
   * An append that repeats one which is not durable yet is answered after so many milliseconds, and then with a
   * timeout. The real server takes 3,000; absent: such a repeat is answered as soon as the first one is durable.
   */
  readonly unansweredRepeatsMs?: number;
}

/** What was seen of real servers, as far as it has to be asked for. Positions there are offsets in bytes. */
export const AS_SEEN = {
  '23.10': { positionStep: 100, faults: { slowReaders: 'throw-out', unansweredRepeatsMs: 3_000 } },
  '24.10': {
    positionStep: 100,
    faults: { slowReaders: 'catch-up-again', unansweredRepeatsMs: 3_000 },
  },
} as const satisfies Record<string, { positionStep: number; faults: FaultOptions }>;

type Denial = 'access-denied' | 'unauthenticated';

/** What a test can make the server do. Nothing of it happens unless it is asked for. */
export class Faults {
  /** Every append, read and subscription is refused as by a node that has just started or has no leader. */
  isNotReady = false;
  /**
   * The disk is full: an append ends the server, as the real one ends, without an answer to anybody. It is started
   * again at once.
   */
  isFull = false;
  /** How often it has ended for it. */
  ends = 0;
  /** A batched append that is refused is answered twice, as the real server answers one that is malformed. */
  answersRefusalsTwice = false;
  /** Every append, read and subscription is refused as to a user without the right, or with a wrong password. */
  denial: Denial | undefined;
  readonly slowReaders: SlowReaders;
  readonly unansweredRepeatsMs: number | undefined;
  private readonly readers = new Set<() => void>();
  private readonly sleepers: (() => void)[] = [];
  private endConnections: () => void = () => undefined;
  private readonly timer: NodeJS.Timeout | undefined;
  private hangs = false;

  constructor({ slowReaders = 'wait', throwOutEveryMs, unansweredRepeatsMs }: FaultOptions = {}) {
    this.slowReaders = slowReaders;
    this.unansweredRepeatsMs = unansweredRepeatsMs;
    if (throwOutEveryMs === undefined) return;
    this.timer = setInterval(() => this.throwOutReaders(), throwOutEveryMs);
    this.timer.unref();
  }

  get isHanging(): boolean {
    return this.hangs;
  }

  /** As a stopped process: requests are received, but nothing is done and nothing is answered until it wakes. */
  hang(): void {
    this.hangs = true;
  }

  wake(): void {
    this.hangs = false;
    for (const resume of this.sleepers.splice(0)) resume();
  }

  /** Resolves when the server does not hang, in the order of the calls. */
  awake(): Promise<void> {
    if (!this.hangs) return Promise.resolve();
    return new Promise((resolve) => this.sleepers.push(resolve));
  }

  onEnd(endConnections: () => void): void {
    this.endConnections = endConnections;
  }

  /** To be called by an append. True: the server ends before anything is written. */
  endsForLackOfRoom(): boolean {
    if (!this.isFull) return false;
    this.ends += 1;
    this.endConnections();
    return true;
  }

  /** Ends every live subscription as if its reader were too slow. */
  throwOutReaders(): void {
    for (const throwOut of [...this.readers]) throwOut();
  }

  /** Returns how to take the reader out of the list. */
  addReader(throwOut: () => void): () => void {
    this.readers.add(throwOut);
    return () => this.readers.delete(throwOut);
  }

  /** Why no call is served at present. */
  refusal(): CallFailure | undefined {
    if (this.isNotReady) return new CallFailure(status.UNAVAILABLE, 'Server Is Not Ready');
    if (this.denial === 'unauthenticated') return unauthenticated();
    return this.denial === undefined ? undefined : accessDenied();
  }

  stop(): void {
    clearInterval(this.timer);
    this.wake();
  }
}

export function tooSlow(): CallFailure {
  return new CallFailure(
    status.ABORTED,
    'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  );
}
