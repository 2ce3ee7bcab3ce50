import type { BusConnection } from '@uplift/bus';
import { DECISIONS_STREAM, type RelayProof } from '@uplift/contracts';
import { decisionsDecider, isAccepted, type DivergedMessage } from '@uplift/domain';
import {
  gapBehind,
  MOST_UNDER_WAY,
  RelayedMessages,
  StreamHistory,
  type EventStore,
  type ForeignMessage,
  type MessageOfRelay,
} from '@uplift/event-store';
import type { Clock, Randomness } from '@uplift/runtime';

export interface RelayContext {
  readonly bus: BusConnection;
  readonly store: EventStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The loop that publishes turns; called at least every few seconds, also while nothing happens. */
  readonly onBeat: () => void;
}

/** Where publishing goes on. */
export interface ResumePoint {
  /** Sequence of the last message on the bus, 0 if there is none. */
  readonly sequence: number;
  /** Position in the store behind which it goes on; null: with the first event. */
  readonly after: bigint | null;
  readonly proof: RelayProof;
  /** Messages at the end of the bus that are not the relay's, newest first. */
  readonly foreign: readonly ForeignMessage[];
}

/** The bus holds something that the store does not: an operator has to decide which of them is right. */
export class DivergedError extends Error {
  readonly code = 'diverged';
  constructor(detail: string) {
    super(`DIVERGED: ${detail}`);
  }
}

/** Throws DivergedError, ResumePointLostError, EventStoreUnavailableError and the bus client's own errors. */
export async function findResumePoint(
  context: RelayContext,
  ending: AbortSignal,
): Promise<ResumePoint> {
  const { bus, store, randomness, onBeat } = context;
  const newest = await new RelayedMessages(bus, store).newest({
    chained: MOST_UNDER_WAY,
    onStep: () => {
      onBeat();
      ending.throwIfAborted();
    },
  });
  const { found, foreign, lastSequence } = newest;
  const gap = gapBehind(newest);
  const behind = { sequence: lastSequence, foreign };
  const passing = gap === undefined ? {} : { gap };
  if (found?.place === 'stored') {
    const { ordinal, epoch } = found.message.proof;
    return { ...behind, after: found.after, proof: { ordinal, epoch, ...passing } };
  }
  if (found) await assertStoreAccepted(store, found.message);
  return { ...behind, after: null, proof: { ...newEpoch(randomness), ...passing } };
}

/** Throws DivergedError. */
async function assertStoreAccepted(
  store: EventStore,
  { event, proof: { epoch }, sequence }: MessageOfRelay,
): Promise<void> {
  if (await isStoreAccepted(store, { epoch, sequence, eventId: event.id })) return;
  throw new DivergedError(
    `message ${sequence} is event ${event.id} at position ${event.position}, which the store does not have`,
  );
}

/** Every event of the store follows, whatever the bus holds already. */
function newEpoch(randomness: Randomness): RelayProof {
  return { ordinal: 0, epoch: randomness.uuid() };
}

async function isStoreAccepted(store: EventStore, message: DivergedMessage): Promise<boolean> {
  const decisions = new StreamHistory(store, 'relay', 'system', decisionsDecider);
  return isAccepted((await decisions.load(DECISIONS_STREAM)).state, message);
}

/** Whether a relay has taken that sequence, and not somebody else. */
export async function isRelayed({ bus, store }: RelayContext, sequence: number): Promise<boolean> {
  const message = await bus.messageAt(sequence);
  return message !== null && (await new RelayedMessages(bus, store).isRelayed(message));
}

/** Shortest pause between two looks; each is up to twice as long, so that two relays never keep step. */
const LOOK_MS = 400;

/**
 * Another relay is at work: resolves when the bus has stood still between two looks and does not end with the newest
 * event of the store, be it that the store is ahead, or that it was put back to an older copy.
 */
export async function standBy(context: RelayContext, signal: AbortSignal): Promise<void> {
  const { bus, clock, randomness, onBeat } = context;
  const head = new BusHead(context);
  let seen = await bus.lastSequence();
  for (;;) {
    await clock.pause(LOOK_MS * (1 + randomness.fraction()), signal);
    onBeat();
    const sequence = await bus.lastSequence();
    if (sequence < seen) return;
    if (sequence === seen && !(await head.isNewestOfStore(sequence))) return;
    seen = sequence;
  }
}

/** The newest event on the bus, found anew when there is another message. */
class BusHead {
  private known: { readonly sequence: number; readonly eventId: string | undefined } | undefined;

  constructor(private readonly context: RelayContext) {}

  async isNewestOfStore(sequence: number): Promise<boolean> {
    const { bus, store, onBeat } = this.context;
    if (this.known?.sequence !== sequence) {
      const { found } = await new RelayedMessages(bus, store).newest({
        onStep: onBeat,
        chained: MOST_UNDER_WAY,
      });
      this.known = { sequence, eventId: found?.message.event.id };
    }
    const end = await store.lastPosition();
    const newest = end === null ? null : await store.eventAt(end);
    return newest?.id === this.known.eventId;
  }
}
