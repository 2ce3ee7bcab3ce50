import {
  LagoonAnswerError,
  LagoonRefusedError,
  LagoonUnauthenticatedError,
  LagoonUnavailableError,
} from '../lagoon.errors';
import { LagoonHeldBackError } from './core.errors';
import type { BreakerState } from './lagoon-cores.port';
import type { MutationAnswer } from './outage';

/** How one request ended. `held-back` and `not-sent`: it surely never reached Lagoon. */
export type RequestClass =
  | 'answered'
  | 'accepted'
  | 'refused'
  | 'unauthenticated'
  | 'ambiguous'
  | 'unknown-answer'
  | 'unavailable'
  | 'not-sent'
  | 'held-back'
  | 'broken';

export interface ObservedRequest {
  readonly operation: string;
  readonly class: RequestClass;
  readonly durationMs: number;
}

/** Is told what one core is asked and how it fares. */
export interface CoreObserver {
  onRequest(request: ObservedRequest): void;
  onBreaker(state: BreakerState): void;
  /** `reason` holds no secret. */
  onTokenFailure(reason: string): void;
}

export const NOBODY: CoreObserver = {
  onRequest: () => undefined,
  onBreaker: () => undefined,
  onTokenFailure: () => undefined,
};

const CLASSES = [
  [LagoonHeldBackError, 'held-back'],
  [LagoonUnavailableError, 'unavailable'],
  [LagoonRefusedError, 'refused'],
  [LagoonUnauthenticatedError, 'unauthenticated'],
  [LagoonAnswerError, 'unknown-answer'],
] as const;

export function classOfError(error: unknown): RequestClass {
  return CLASSES.find(([type]) => error instanceof type)?.[1] ?? 'broken';
}

export function classOfAnswer(answer: MutationAnswer): RequestClass {
  if (answer.kind !== 'refused') return answer.kind;
  if (answer.cause === 'not-sent' || answer.cause === 'unauthenticated') return answer.cause;
  return 'refused';
}
