/** What a handler made of one event. */
export type DeliveryOutcome =
  | { readonly kind: 'done' }
  /** Not now: deliver again after this many milliseconds (at most 30,000; longer waits belong in the store). */
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** Never again: the reason has been recorded as an event. */
  | { readonly kind: 'rejected' };

/** The handler is over and its work goes on: the message stays in hand until the work has ended. */
export interface Held {
  readonly kind: 'held';
  /** Called once. The end of the work is told once; nobody listens any more to what is told later. */
  begin(settle: (outcome: DeliveryOutcome) => void): void;
  /** The message was given back: the work is to end, and nobody wants to hear of it. */
  drop(): void;
}

/** The handler failed without an outcome. */
export type Thrown = { readonly kind: 'thrown' };

export type AckAction =
  | { readonly kind: 'ack' }
  | { readonly kind: 'nak'; readonly delayMs: number }
  | { readonly kind: 'term' };

export const DONE: DeliveryOutcome = { kind: 'done' };
export const REJECTED: DeliveryOutcome = { kind: 'rejected' };
export const THROWN: Thrown = { kind: 'thrown' };

/** A message that waits occupies its consumer's pending window: never for longer. */
export const LONGEST_NAK_MS = 30_000;
const FIRST_NAK_AFTER_ERROR_MS = 250;

type Rule<O> = (outcome: O, deliveryCount: number) => AckAction;
type Outcome = DeliveryOutcome | Thrown;

const POLICY: { readonly [K in Outcome['kind']]: Rule<Extract<Outcome, { kind: K }>> } = {
  done: () => ({ kind: 'ack' }),
  retry: ({ delayMs }) => ({ kind: 'nak', delayMs: bounded(delayMs) }),
  rejected: () => ({ kind: 'term' }),
  thrown: (_, deliveryCount) => ({
    kind: 'nak',
    delayMs: bounded(FIRST_NAK_AFTER_ERROR_MS * 2 ** Math.min(deliveryCount - 1, 10)),
  }),
};

/** @param deliveryCount from 1 */
export function ackActionFor(outcome: Outcome, deliveryCount: number): AckAction {
  const rule = POLICY[outcome.kind] as Rule<Outcome>;
  return rule(outcome, deliveryCount);
}

/** A handler that returns nothing has done its work; anything unknown counts as a failure. */
export function outcomeOf(returned: unknown): Outcome | Held {
  if (returned === undefined || returned === null) return DONE;
  const kind = (returned as { kind?: unknown }).kind;
  const isKnown = OUTCOMES.some((known) => known === kind);
  return isKnown ? (returned as DeliveryOutcome | Held) : THROWN;
}

const OUTCOMES = ['done', 'retry', 'rejected', 'held'];

function bounded(delayMs: number): number {
  if (!Number.isFinite(delayMs)) return LONGEST_NAK_MS;
  return Math.max(0, Math.min(Math.round(delayMs), LONGEST_NAK_MS));
}
