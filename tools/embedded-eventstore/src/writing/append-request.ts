import type { ProposedEvent } from '../wire/event-message';

/** A revision, or one of the protocol's special expectations. */
export type ExpectedVersion = number | 'no-stream' | 'any' | 'stream-exists';

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly ProposedEvent[];
}

export interface Appended {
  readonly kind: 'appended';
  /** Revision and position of the last event; a stream without events has revision -1. */
  readonly revision: number;
  /** Absent when the request held no event. */
  readonly position: number | undefined;
}

export type Refusal =
  | { readonly kind: 'wrong-version'; readonly current: number; readonly expected: ExpectedVersion }
  | { readonly kind: 'stream-deleted' }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  | { readonly kind: 'missing-property' }
  | { readonly kind: 'bad-request'; readonly message: string };

export type AppendOutcome = Appended | Refusal;
