/** A revision, or one of the protocol's special expectations. */
export type ExpectedVersion = number | 'no-stream' | 'any' | 'stream-exists';

/** Soft: hidden until somebody appends again. Tombstone: for good. */
export type DeleteKind = 'soft' | 'tombstone';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly customMetadata: Uint8Array;
  readonly body: Uint8Array;
}

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

export interface WrongVersion {
  readonly kind: 'wrong-version';
  readonly current: number;
  readonly expected: ExpectedVersion;
}

export type Refusal =
  | WrongVersion
  | { readonly kind: 'stream-deleted' }
  | { readonly kind: 'access-denied' }
  | { readonly kind: 'not-ready' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'too-large'; readonly maxBytes: number }
  | { readonly kind: 'missing-property' }
  | { readonly kind: 'bad-request'; readonly message: string };

export type AppendOutcome = Appended | Refusal;
